import { type PoolStats } from '@pool/core';

/** `warn` still takes traffic: a saturated pool recovers by serving, and not by being taken out of rotation. */
export type Health = 'pass' | 'warn' | 'fail';

export interface ReadinessOptions {
  /** One round trip to the database. */
  ping(signal: AbortSignal): Promise<void>;
  /** The pools, now. */
  stats(): readonly PoolStats[];
  /** How long one answer of the database counts. Probes come from several places; the database is asked once. */
  cacheMs?: number;
  /** For the ping; below the second that a Kubernetes probe waits. */
  timeoutMs?: number;
  now?(): number;
}

const CACHE_MS = 1_000;
const TIMEOUT_MS = 500;

/** Whether the service should get traffic. */
export class Readiness {
  readonly #options: Required<ReadinessOptions>;
  #draining = false;
  #reachable: Promise<boolean> | undefined;
  #askedAtMs = 0;

  constructor(options: ReadinessOptions) {
    this.#options = { cacheMs: CACHE_MS, timeoutMs: TIMEOUT_MS, now: () => performance.now(), ...options };
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** From now on: not ready, for good. */
  drain(): void {
    this.#draining = true;
  }

  async health(): Promise<Health> {
    if (this.#draining) return 'fail';
    const reachable = await this.#isReachable();
    const saturated = this.#options.stats().some(isSaturated);
    if (saturated) return 'warn';
    return reachable && !this.#draining ? 'pass' : 'fail';
  }

  #isReachable(): Promise<boolean> {
    const { cacheMs, timeoutMs, now, ping } = this.#options;
    if (this.#reachable === undefined || now() - this.#askedAtMs >= cacheMs) {
      this.#askedAtMs = now();
      this.#reachable = ping(AbortSignal.timeout(timeoutMs)).then(
        () => true,
        () => false,
      );
    }
    return this.#reachable;
  }
}

/** Everything is lent and callers wait, while the server answers: the ping may well have waited in vain. */
function isSaturated(stats: PoolStats): boolean {
  return stats.leased === stats.max && stats.waiting > 0 && stats.connectFailure === undefined;
}
