export { createPostgresPool } from './create-postgres-pool.ts';
export type { ConnectionOptions } from './connection-config.ts';
export type { PostgresPoolOptions } from './options.ts';
export type { PostgresMetrics, PostgresPool, PostgresPoolEvents, PostgresStats } from './postgres-pool.ts';
export type { PoolerKind, PoolerOption } from './pooler.ts';
export type { ResetMode } from './reset.ts';
export type { ExpiringPassword, PasswordProvider } from './rotation.ts';

// statements and transactions
export type { ListenOptions, Subscription } from './listener.ts';
export type { StreamOptions } from './streaming.ts';
export type { QueryOptions } from './statements.ts';
export type { Isolation, Savepoint, TransactionOptions } from './transactions.ts';

// core's, so that one import is enough
export {
  AcquireTimeoutError,
  ConnectError,
  ConnectionLostError,
  isPoolError,
  LeaseEndedError,
  OptionError,
  PoolClosedError,
  PoolError,
  QueryTimeoutError,
  QueueFullError,
  ReadOnlyServerError,
  TransactionAbandonedError,
  TransactionEndedError,
  type AcquireOptions,
  type Lease,
  type LostOutcome,
  type PoolErrorCode,
  type PoolMetrics,
  type PoolOptions,
  type PoolStats,
} from '@pool/core';
