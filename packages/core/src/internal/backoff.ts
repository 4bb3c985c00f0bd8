import type { Clock } from '../clock.ts';
import type { ConnectFailureKind } from '../factory.ts';

/** The longest pause after so many failures in a row, the first of them so long ago. Each pause is uniform between 0 and that. */
type LongestPause = (attempts: number, forMs: number) => number;

/**
 * A tenth of how long it lasts already: what was away shortly is found at once, and an outage of hours costs an attempt a
 * second.
 */
const tenthOfTheOutage: LongestPause = (_, forMs) => Math.min(2_000, Math.max(20, forMs / 10));
const doubling =
  (baseMs: number, capMs: number): LongestPause =>
  (attempts) =>
    Math.min(capMs, baseMs * 2 ** Math.min(attempts - 1, 30));

const LONGEST_PAUSES: Readonly<Record<ConnectFailureKind, LongestPause>> = {
  transient: tenthOfTheOutage,
  unavailable: tenthOfTheOutage,
  overload: doubling(200, 5_000),
  // Slow: servers lock accounts after a few wrong passwords.
  fatal: doubling(2_000, 30_000),
};

export interface ConnectFailure {
  readonly error: unknown;
  readonly kind: ConnectFailureKind;
  /** In a row. */
  readonly attempts: number;
  /** Of the first of the row. */
  readonly since: number;
}

/** Owns what is known of a streak of failed connects, and how long to pause after each. */
export class Backoff {
  readonly #clock: Clock;
  // The streak that the last success ended.
  #ended: ConnectFailure | undefined = undefined;
  failure: ConnectFailure | undefined = undefined;
  /** From a failure until the pause after it is over. */
  isWaiting = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** No retry will help soon: the breaker is open. */
  get isFatal(): boolean {
    return this.failure?.kind === 'fatal';
  }

  /** @returns milliseconds until the next attempt */
  failed(error: unknown, kind: ConnectFailureKind): number {
    const attempts = (this.failure?.attempts ?? 0) + 1;
    const now = this.#clock.now();
    const since = this.failure?.since ?? now;
    this.failure = { error, kind, attempts, since };
    this.isWaiting = true;
    // Full jitter, so that a fleet does not return in step.
    return this.#clock.random() * LONGEST_PAUSES[kind](attempts, now - since);
  }

  /** The last success was none: what it ended goes on. */
  resume(): void {
    this.failure ??= this.#ended;
  }

  succeeded(): void {
    this.#ended = this.failure;
    this.failure = undefined;
    this.isWaiting = false;
  }
}
