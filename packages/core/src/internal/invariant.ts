/** A bug in this package, and not a failure that a caller can handle. */
class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function invariant(holds: boolean, law: string): asserts holds {
  if (!holds) throw new InvariantError(`broken invariant of @pool/core: ${law}; please report it`);
}
