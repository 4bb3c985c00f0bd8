import assert from 'node:assert/strict';

/** How often a condition is looked at that no event announces. */
const LOOK_EVERY_MS = 2;

/** The promise, or an error that says what took too long. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what}: not within ${ms} ms` })),
      ms,
    );
  });
  try {
    return await Promise.race([promise, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a condition that no event announces. */
export async function until(ms: number, what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + ms;
  while (!(await isSo())) {
    assert.ok(performance.now() < giveUpAt, `${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** A promise that is awaited later, if the check gets that far: until then its rejection is nobody's business. */
export function begun<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** The error that the promise rejects with; fails when it does not. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const failed = promise.then(
    () => assert.fail('it was to fail, and did not'),
    (error: unknown) => error,
  );
  return begun(failed);
}

/** `code` of an error, as the pool's errors have it. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null | undefined)?.code;
}

/** One turn of the event loop, input and output included. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
