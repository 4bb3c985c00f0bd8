// What an adapter or a service imports. Everything else is internal.
export { createPool, type PoolEnvironment } from './create-pool.ts';
export type { ConnectionInfo, Pool } from './pool.ts';
export type { Lease } from './lease.ts';

// for adapters
export {
  CLOSE_REASONS,
  type CloseReason,
  type ConnectFailureKind,
  type CreateContext,
  type Factory,
  type Outage,
} from './factory.ts';
export {
  type AcquireOptions,
  DEFAULTS,
  OPTION_KINDS,
  OPTION_NAMES,
  refuseOptions,
  resolveOptions,
  type OptionKind,
  type PoolOptions,
  type ResolvedOptions,
} from './options.ts';
export { CallDeadline } from './call-deadline.ts';
export { orInterrupted, type InterruptionOptions } from './interruption.ts';
export { runTransaction, withRetries, type RetryOptions, type TransactionSteps } from './transaction.ts';
export type { Clock, Timer } from './clock.ts';

// what one sees
export type { AcquireFailure, BackgroundPhase, PoolEventName, PoolEvents, PoolListener } from './events.ts';
export type { PoolCounters, PoolMetrics, PoolPhase, PoolStats } from './stats.ts';
export { Histogram, type HistogramSnapshot } from './histogram.ts';
export type { Diagnosis, DiagnosisKind } from './diagnosis.ts';

// errors
export {
  AcquireTimeoutError,
  CloseTimeoutError,
  ConnectError,
  ConnectionLostError,
  isPoolError,
  LeaseEndedError,
  NestedAcquireError,
  OptionError,
  PoolClosedError,
  PoolError,
  QueryTimeoutError,
  QueueFullError,
  ReadOnlyServerError,
  TransactionAbandonedError,
  TransactionEndedError,
  type AcquirePhase,
  type LostOutcome,
  type PoolErrorCode,
} from './errors.ts';
