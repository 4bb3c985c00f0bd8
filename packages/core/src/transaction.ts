import type { Clock } from './clock.ts';
import { systemClock } from './internal/system-clock.ts';

/** How one transaction, or one savepoint within it, begins and ends on a connection. */
export interface TransactionSteps {
  begin(): void | Promise<void>;
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
}

/**
 * Begins, works, commits; rolls back when the work throws.
 *
 * The work's error is what the caller gets. When rolling back fails too, `onRollbackError` gets that error: the connection
 * is then in an unknown state, and its lease should end with `destroy()`.
 */
export async function runTransaction<R>(
  steps: TransactionSteps,
  work: () => R | Promise<R>,
  onRollbackError: (error: unknown) => void,
): Promise<R> {
  await steps.begin();
  try {
    const result = await work();
    await steps.commit();
    return result;
  } catch (error) {
    try {
      await steps.rollback();
    } catch (rollbackError) {
      onRollbackError(rollbackError);
    }
    throw error;
  }
}

export interface RetryOptions {
  /** How often to try again after the first attempt. */
  retries: number;
  /** Whether this error goes away when the whole attempt is run again. */
  isRetryable: (error: unknown) => boolean;
  /** The pause before retry n, counted from 0, is uniform in [0, baseMs x 2^n] milliseconds. @defaultValue 10 */
  baseMs?: number;
  /** No attempt begins after its abort; a pause ends with it. Then its reason is thrown. */
  signal?: AbortSignal | undefined;
  clock?: Clock;
}

/** Runs the attempt again, after a pause with full jitter, as long as its error is retryable and retries are left. */
export async function withRetries<R>(
  attempt: (attempt: number) => Promise<R>,
  options: RetryOptions,
): Promise<R> {
  const { retries, isRetryable, baseMs = 10, signal, clock = systemClock } = options;
  for (let tried = 0; ; tried++) {
    signal?.throwIfAborted();
    try {
      return await attempt(tried);
    } catch (error) {
      if (tried >= retries || !isRetryable(error)) throw error;
      await pause(clock, clock.random() * baseMs * 2 ** tried, signal);
    }
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(signal!.reason as Error);
    };
    const timer = clock.setTimer(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      ms,
      true,
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
