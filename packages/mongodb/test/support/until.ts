/** Resolves when it is so; asked every few milliseconds, for up to 20 s. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`in vain waited until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The error of a promise that is to reject. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was to reject, and did not');
}

/** A few rounds of the event loop: what has arrived by now has been read. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
