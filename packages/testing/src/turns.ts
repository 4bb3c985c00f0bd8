/** Lets whatever needs no time happen: resolves when everything that was ready has run. */
export type Turn = () => Promise<void>;

/** A real turn of the event loop: also for code that uses `setImmediate` or does I/O. */
export const eventLoopTurn: Turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Until no promise is left that can settle: exact for code made of promises only, and some times faster.
 *
 * Node.js runs what `process.nextTick` was given once its queue of promise reactions is empty; asking from a reaction makes
 * sure that this queue, and not the ticks before it, is what is waited for.
 */
export const promisesTurn: Turn = () =>
  new Promise((resolve) => void Promise.resolve().then(() => process.nextTick(resolve)));
