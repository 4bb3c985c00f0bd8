export { createMysqlPool } from './create-mysql-pool.ts';
export type { MysqlMetrics, MysqlPool } from './mysql-pool.ts';
export type { MysqlPoolOptions, ResetMode } from './options.ts';
export type { ConnectionOptions } from './connection-source.ts';
export type { CallOptions } from './call-options.ts';
export type { Isolation, Savepoint, TransactionOptions, TransactionWork } from './transactions.ts';

// what is lent
export type { MysqlConnection } from './connection.ts';

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
