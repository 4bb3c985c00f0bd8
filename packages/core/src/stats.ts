import type { CloseReason } from './factory.ts';
import type { HistogramSnapshot } from './histogram.ts';

export type PoolPhase = 'open' | 'paused' | 'closing' | 'closed';

/** The pool at this instant. `size` is the sum of the six states. */
export interface PoolStats {
  readonly name: string;
  readonly phase: PoolPhase;
  readonly max: number;
  readonly min: number;
  readonly size: number;
  readonly creating: number;
  readonly idle: number;
  readonly checking: number;
  readonly leased: number;
  readonly resetting: number;
  readonly closing: number;
  /** Callers in the queue. */
  readonly waiting: number;
  /** How often `clear()` ran. */
  readonly generation: number;
  /** Age of the oldest lease, 0 without one. */
  readonly oldestLeaseMs: number;
  /** The streak of failed connects that goes on now; `code` is the last error's code or name. */
  readonly connectFailure?: { readonly code: string; readonly attempts: number; readonly forMs: number };
}

/** Since the pool was made. attempts = acquired + timedOut + aborted + refused + waiting; acquired = released + leased. */
export interface PoolCounters {
  /** Calls of `acquire`, `use` and successful ones of `tryAcquire`. */
  readonly attempts: number;
  readonly acquired: number;
  /** Leases that ended, whoever ended them. */
  readonly released: number;
  readonly timedOut: number;
  /** By the caller's signal. */
  readonly aborted: number;
  /** Queue full, pool closed, connect failed for good, nested, or a wrong argument. */
  readonly refused: number;
  /** Connections opened. created = closed, all reasons, + the open ones. */
  readonly created: number;
  readonly createFailed: number;
  readonly closed: Readonly<Record<CloseReason, number>>;
  /** A lease released, destroyed or used after its end. */
  readonly misused: number;
  /** Leases that outlived `leakThresholdMs`. */
  readonly overdue: number;
  /** `error` events, listened to or not. */
  readonly backgroundErrors: number;
}

/** Counters, gauges and histograms; a copy, read without pausing anything. */
export interface PoolMetrics {
  readonly counters: PoolCounters;
  readonly gauges: PoolStats;
  /** From acquire to lease; count = acquired. */
  readonly waitMs: HistogramSnapshot;
  /** From lease to its end; count = released. */
  readonly useMs: HistogramSnapshot;
  /** Of `factory.create`, the successful ones; count = created. */
  readonly createMs: HistogramSnapshot;
}
