export { createMysqlPool } from './create-mysql-pool.ts';
export type { MysqlMetrics, MysqlPool } from './mysql-pool.ts';
export type { MysqlPoolOptions, ResetMode } from './options.ts';
export type { ConnectionOptions } from './connection-source.ts';
export type { CallOptions } from './deadline.ts';
export type { Isolation, Savepoint, TransactionOptions, TransactionWork } from './transactions.ts';

// what is lent
export type { MysqlConnection } from './connection.ts';

// errors
export {
  AbandonedTransactionError,
  ConnectionLostError,
  QueryTimeoutError,
  ReadOnlyServerError,
  TransactionEndedError,
  type LostOutcome,
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
