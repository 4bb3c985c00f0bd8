import { orInterrupted, QueryTimeoutError, type AcquireOptions } from '@pool/core';

// Of what is left, the part that the server may use: its own error is to arrive before the caller gives up.
const SHARE_OF_SERVER = 0.9;

/** The deadline and the signal of one call of the pool, for the lease and for all that is done with it. */
export class Call {
  readonly #pool: string;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #endsAt: number;
  readonly #interruption = new AbortController();
  /** Of the last attempt, for who asks why the time was not enough. */
  lastError: unknown = undefined;

  /** Undefined when the caller set no bounds: the usual case, which is to cost nothing. */
  static of(pool: string, options: AcquireOptions | undefined): Call | undefined {
    const isBounded = options?.signal !== undefined || (options?.timeoutMs ?? Infinity) !== Infinity;
    return isBounded ? new Call(pool, options!) : undefined;
  }

  constructor(pool: string, { signal, timeoutMs = Infinity }: AcquireOptions) {
    this.#pool = pool;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#endsAt = performance.now() + timeoutMs;
  }

  /** Aborts when the caller waits no longer. */
  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  /** What the server may use of the time that is left: at least 1, because 0 means no limit to it. */
  remainingMs(): number | undefined {
    const leftMs = this.#leftMs;
    return leftMs === Infinity ? undefined : Math.max(1, Math.floor(leftMs * SHARE_OF_SERVER));
  }

  /** Waits for the answer until the deadline. What is under way then is interrupted as far as the driver can. */
  bound<R>(answer: Promise<R>): Promise<R> {
    const leftMs = this.#leftMs;
    return orInterrupted(answer, (reason) => this.#interruption.abort(reason), {
      signal: this.#signal,
      timeoutMs: leftMs === Infinity ? leftMs : Math.max(1, leftMs),
      onTimeout: () =>
        new QueryTimeoutError({
          pool: this.#pool,
          timeoutMs: this.#timeoutMs,
          cause: this.lastError,
          note: 'a write that was sent may still be done by the server',
        }),
    });
  }

  get #leftMs(): number {
    return this.#endsAt - performance.now();
  }
}
