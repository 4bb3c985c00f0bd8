import type { Clock } from './clock.ts';
import { QueryTimeoutError } from './errors.ts';
import { systemClock } from './internal/system-clock.ts';
import { orInterrupted } from './interruption.ts';
import { type AcquireOptions, checkOption } from './options.ts';

/** For adapters: the one absolute deadline and the signal of one call, for its connection first and then for its answer. */
export class CallDeadline {
  readonly #pool: string;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #endsAt: number;
  readonly #clock: Clock;

  /** @throws {OptionError} a time that cannot be waited for */
  constructor(pool: string, { signal, timeoutMs }: AcquireOptions, clock: Clock = systemClock) {
    if (timeoutMs !== undefined) checkOption(pool, 'acquireTimeoutMs', timeoutMs, 'timeoutMs');
    this.#pool = pool;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#endsAt = timeoutMs === undefined ? Infinity : clock.now() + timeoutMs;
  }

  /** At least 1, so that it can be used as a timeout, which then ends at once; Infinity when there is no limit. */
  get leftMs(): number {
    return this.#endsAt === Infinity ? Infinity : Math.max(1, this.#endsAt - this.#clock.now());
  }

  /** The options, with what is left of the time; as they are when there is no limit. */
  within<O extends AcquireOptions>(options: O): O {
    return this.#endsAt === Infinity ? options : { ...options, timeoutMs: this.leftMs };
  }

  /**
   * The answer, or the end of the caller's patience, as `orInterrupted`.
   *
   * @param details asked when the time is over, for the error
   * @throws {QueryTimeoutError} the time is over
   */
  bound<R>(
    answer: Promise<R>,
    interrupt: (reason: unknown) => void,
    details?: () => { cause?: unknown; note?: string },
  ): Promise<R> {
    return orInterrupted(answer, interrupt, {
      signal: this.#signal,
      timeoutMs: this.leftMs,
      onTimeout: () =>
        new QueryTimeoutError({ ...details?.(), pool: this.#pool, timeoutMs: this.#timeoutMs! }),
      clock: this.#clock,
    });
  }
}
