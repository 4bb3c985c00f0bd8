import type { CloseReason, ConnectFailureKind } from './factory.ts';

/** Where a failure in the background happened. */
export type BackgroundPhase =
  | 'validate'
  | 'reset'
  | 'destroy'
  | 'classify'
  | 'isBroken'
  | 'outage'
  | 'listener'
  | 'lease'
  | 'close';

/** Why an acquire ended without a lease. */
export type AcquireFailure =
  | 'timeout'
  | 'aborted'
  | 'queue-full'
  | 'closed'
  | 'connect'
  | 'nested'
  | 'invalid';

/** Every event and its payload. Durations are milliseconds. */
export interface PoolEvents {
  'connection:created': { readonly connectionId: number; readonly createMs: number };
  'connection:closed': {
    readonly connectionId: number;
    readonly reason: CloseReason;
    readonly ageMs: number;
    /** The driver's or the borrower's error behind `lost`, `invalid` and `reset`. */
    readonly cause?: unknown;
  };
  'connect:failed': {
    readonly error: unknown;
    readonly kind: ConnectFailureKind;
    /** Failures in a row, this one included. */
    readonly attempts: number;
    /** Until the next attempt, if one is wanted by then. */
    readonly retryInMs: number;
  };
  'lease:acquired': {
    readonly leaseId: number;
    readonly connectionId: number;
    readonly label?: string;
    readonly waitMs: number;
  };
  'lease:released': {
    readonly leaseId: number;
    readonly connectionId: number;
    readonly label?: string;
    readonly useMs: number;
  };
  /** A lease older than `leakThresholdMs` (once), or ended by the pool for `maxLeaseMs` (`reclaimed`). */
  'lease:overdue': {
    readonly leaseId: number;
    readonly connectionId: number;
    readonly label?: string;
    readonly heldMs: number;
    readonly reclaimed: boolean;
    /** The call stack of its acquire; missing when it was not sampled. */
    readonly acquiredAt?: string;
  };
  'acquire:failed': {
    readonly reason: AcquireFailure;
    readonly label?: string;
    readonly waitMs: number;
    readonly error: unknown;
  };
  'pool:cleared': { readonly generation: number; readonly interrupt: boolean };
  'pool:closed': { readonly waitedMs: number };
  /** A failure that no caller was there to receive. */
  error: { readonly error: unknown; readonly phase: BackgroundPhase };
}

export type PoolEventName = keyof PoolEvents;
export type PoolListener<E extends PoolEventName> = (payload: PoolEvents[E]) => void;
