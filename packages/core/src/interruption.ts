import type { Clock } from './clock.ts';
import { systemClock } from './internal/system-clock.ts';

/** What may end the waiting for an answer before it is there. */
export interface InterruptionOptions {
  /** Then the promise rejects with its reason, untouched. */
  signal?: AbortSignal | undefined;
  /** Milliseconds. @defaultValue Infinity */
  timeoutMs?: number | undefined;
  /** Makes the error that the promise rejects with when the time is over. */
  onTimeout: () => Error;
  clock?: Clock;
}

/**
 * For adapters: waits for the answer, or for the caller's signal or time, whichever comes first.
 *
 * When it is not the answer, `interrupt` is called once, to stop the work on the server, and the promise rejects in the same
 * tick: nobody waits for the work to end. P7: the time is judged only after the loop had a turn to deliver what had arrived.
 */
export function orInterrupted<R>(
  answer: Promise<R>,
  interrupt: (reason: unknown) => void,
  { signal, timeoutMs = Infinity, onTimeout, clock = systemClock }: InterruptionOptions,
): Promise<R> {
  if (signal === undefined && timeoutMs === Infinity) return answer;
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      timer?.cancel();
      signal?.removeEventListener('abort', abort);
      return true;
    };
    const stop = (reason: unknown): void => {
      if (!end()) return;
      reject(reason);
      interrupt(reason);
    };
    const abort = (): void => stop(signal!.reason);
    const timer =
      timeoutMs === Infinity
        ? undefined
        : clock.setTimer(() => clock.defer(() => stop(onTimeout())), timeoutMs, true);
    answer.then(
      (value) => end() && resolve(value),
      (error: unknown) => end() && reject(error as Error),
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
