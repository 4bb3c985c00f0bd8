import { orInterrupted, QueryTimeoutError } from '@pool/core';

/** How long one call may take, and what ends it. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's own reason, and what runs is stopped on the server. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call: for the connection and for the answer. Without it, `acquireTimeoutMs` for the connection. */
  timeoutMs?: number | undefined;
  /** Says in errors, events and leak reports who holds the connection. Never put data in it. */
  label?: string | undefined;
}

/** One call's time, spent on the connection first and on the answer then. */
export class Deadline {
  readonly #pool: string;
  readonly #options: CallOptions;
  readonly #startedAt: number;

  constructor(pool: string, options: CallOptions) {
    this.#pool = pool;
    this.#options = options;
    this.#startedAt = options.timeoutMs === undefined ? 0 : performance.now();
  }

  get remainingMs(): number | undefined {
    const { timeoutMs } = this.#options;
    if (timeoutMs === undefined || timeoutMs === Infinity) return timeoutMs;
    // 0 is no time that one could set.
    return Math.max(1, timeoutMs - (performance.now() - this.#startedAt));
  }

  /** The answer, unless signal or time come first: then `interrupt` is called, once. */
  bound<R>(answer: Promise<R>, interrupt: (reason: unknown) => void): Promise<R> {
    const { signal, timeoutMs } = this.#options;
    if (signal === undefined && timeoutMs === undefined) return answer;
    const onTimeout = (): Error => new QueryTimeoutError({ pool: this.#pool, timeoutMs: timeoutMs! });
    return orInterrupted(answer, interrupt, { signal, timeoutMs: this.remainingMs, onTimeout });
  }
}
