import type { Clock } from '../clock.ts';
import type { ConnectFailureKind } from '../factory.ts';

/** Pauses between attempts: uniform in [0, base x 2^(n-1)], at most the cap. */
const PAUSES: Readonly<Record<ConnectFailureKind, { readonly baseMs: number; readonly capMs: number }>> = {
  transient: { baseMs: 100, capMs: 2_000 },
  unavailable: { baseMs: 100, capMs: 2_000 },
  overload: { baseMs: 200, capMs: 5_000 },
  // Slow: servers lock accounts after a few wrong passwords.
  fatal: { baseMs: 2_000, capMs: 30_000 },
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
    this.failure = { error, kind, attempts, since: this.failure?.since ?? this.#clock.now() };
    const { baseMs, capMs } = PAUSES[kind];
    // Full jitter, so that a fleet does not return in step.
    this.isWaiting = true;
    return this.#clock.random() * Math.min(capMs, baseMs * 2 ** Math.min(attempts - 1, 30));
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
