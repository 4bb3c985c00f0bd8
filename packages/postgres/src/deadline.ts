import { OptionError } from '@pool/core';

/** One absolute moment for all that one call waits for. */
export class Deadline {
  readonly #endsAt: number;

  /** @throws {OptionError} no time that can be waited for */
  constructor(pool: string, timeoutMs: number | undefined) {
    if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
      const expected = 'milliseconds above 0, or Infinity for never';
      throw new OptionError({ pool, option: 'timeoutMs', received: timeoutMs, expected });
    }
    this.#endsAt = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
  }

  /** At least 1: it may be used as a timeout, which then ends at once. */
  get leftMs(): number {
    return Math.max(1, this.#endsAt - performance.now());
  }

  /** The options, with what is left of the time; as they are when there is no limit. */
  within<O extends { timeoutMs?: number | undefined }>(options: O): O {
    return this.#endsAt === Infinity ? options : { ...options, timeoutMs: this.leftMs };
  }
}
