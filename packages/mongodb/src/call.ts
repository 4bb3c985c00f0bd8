import { CallDeadline, type AcquireOptions } from '@pool/core';

// Of what is left, the part that the server may use: its own error is to arrive before the caller gives up.
const SHARE_OF_SERVER = 0.9;

const NOTE = 'a write that was sent may still be done by the server';

/** Whether the caller set bounds. Usually not, and then nothing is to be paid for them. */
export function isBounded(options: AcquireOptions | undefined): options is AcquireOptions {
  return options?.signal !== undefined || options?.timeoutMs !== undefined;
}

/** The deadline and the signal of one call of the pool, for the lease and for all that is done with it. */
export class Call {
  readonly #deadline: CallDeadline;
  readonly #interruption = new AbortController();
  /** Of the last attempt, for who asks why the time was not enough. */
  lastError: unknown = undefined;

  /** @throws {OptionError} a time that cannot be waited for */
  constructor(pool: string, options: AcquireOptions) {
    this.#deadline = new CallDeadline(pool, options);
  }

  /** Aborts when the caller waits no longer. */
  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  /** What the server may use of the time that is left: at least 1, because 0 means no limit to it. */
  remainingMs(): number | undefined {
    const { leftMs } = this.#deadline;
    return leftMs === Infinity ? undefined : Math.max(1, Math.floor(leftMs * SHARE_OF_SERVER));
  }

  /** Waits for the answer until the deadline. What is under way then is interrupted as far as the driver can. */
  bound<R>(answer: Promise<R>): Promise<R> {
    const interrupt = (reason: unknown): void => this.#interruption.abort(reason);
    return this.#deadline.bound(answer, interrupt, () => ({ cause: this.lastError, note: NOTE }));
  }
}
