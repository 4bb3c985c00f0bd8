export { createPostgresPool } from './create-postgres-pool.ts';
export type { ConnectionOptions } from './connection-config.ts';
export type { PostgresPoolOptions } from './options.ts';
export type { PostgresMetrics, PostgresPool, PostgresPoolEvents, PostgresStats } from './postgres-pool.ts';
export type { PoolerKind, PoolerOption } from './pooler.ts';
export type { ResetPolicy } from './reset.ts';
export type { ExpiringPassword, PasswordProvider } from './rotation.ts';

// statements and transactions
export type { ListenOptions, Subscription } from './listener.ts';
export type { StreamOptions } from './streaming.ts';
export type { QueryOptions } from './statements.ts';
export type { Isolation, Savepoint, TransactionOptions } from './transactions.ts';

// errors
export {
  ConnectionLostError,
  QueryTimeoutError,
  ReadOnlyServerError,
  TransactionAbandonedError,
  TransactionAbortedError,
  type Outcome,
} from './errors.ts';

// core's, so that one import is enough
export {
  AcquireTimeoutError,
  ConnectError,
  isPoolError,
  LeaseEndedError,
  OptionError,
  PoolClosedError,
  PoolError,
  QueueFullError,
  type AcquireOptions,
  type Lease,
  type PoolErrorCode,
  type PoolMetrics,
  type PoolOptions,
  type PoolStats,
} from '@pool/core';
