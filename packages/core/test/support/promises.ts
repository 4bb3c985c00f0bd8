import type { Clock } from '../../src/index.ts';

/** A promise as seen from outside, readable at any moment. */
export interface Watched<T> {
  state: 'pending' | 'fulfilled' | 'rejected';
  value?: T;
  error?: unknown;
}

/** Writes down how the promise settles, and keeps its rejection from being an unhandled one. */
export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { state: 'pending' };
  promise.then(
    (value) => void Object.assign(watched, { state: 'fulfilled', value }),
    (error: unknown) => void Object.assign(watched, { state: 'rejected', error }),
  );
  return watched;
}

/** The error that the promise rejects with; rejects when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === 'fulfilled') throw new Error('fulfilled, and should not have');
  return outcome.reason;
}

/** What the call throws; throws itself when nothing is thrown. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('threw nothing, and should have');
}

/** Resolves after so many milliseconds of the clock: a query that takes a while. */
export function after(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, ms, false));
}
