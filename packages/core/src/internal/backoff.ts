import type { Clock } from '../clock.ts';
import type { ConnectFailureKind } from '../factory.ts';

/** Pauses between attempts: uniform in [0, base x 2^(n-1)], at most the cap. */
const PAUSES: Readonly<Record<ConnectFailureKind, { readonly baseMs: number; readonly capMs: number }>> = {
  transient: { baseMs: 100, capMs: 2_000 },
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

/** Owns what is known of a streak of failed connects, and when the next attempt is due. */
export class Backoff {
  readonly #clock: Clock;
  failure: ConnectFailure | undefined = undefined;
  retryAt: number = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isWaiting(): boolean {
    return this.failure !== undefined && this.#clock.now() < this.retryAt;
  }

  /** No retry will help soon: the breaker is open. */
  get isFatal(): boolean {
    return this.failure?.kind === 'fatal';
  }

  /** @returns milliseconds until the next attempt */
  failed(error: unknown, kind: ConnectFailureKind): number {
    const now = this.#clock.now();
    const attempts = (this.failure?.attempts ?? 0) + 1;
    this.failure = { error, kind, attempts, since: this.failure?.since ?? now };
    const { baseMs, capMs } = PAUSES[kind];
    // Full jitter, so that a fleet does not return in step.
    const pauseMs = this.#clock.random() * Math.min(capMs, baseMs * 2 ** Math.min(attempts - 1, 30));
    this.retryAt = now + pauseMs;
    return pauseMs;
  }

  succeeded(): void {
    this.failure = undefined;
    this.retryAt = -Infinity;
  }
}
