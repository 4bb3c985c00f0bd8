/** So many callers in loops, each with one call after the other, until the time is over. Resolves when all have ended. */
export async function callFor(
  forMs: number,
  callers: number,
  call: (caller: number) => Promise<unknown>,
): Promise<void> {
  const endAt = performance.now() + forMs;
  const loop = async (caller: number): Promise<void> => {
    while (performance.now() < endAt) await call(caller);
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
}
