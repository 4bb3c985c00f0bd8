export { createSqlitePool } from './create-sqlite-pool.ts';
export type { ConnectionOptions, Mode, SqlitePoolOptions } from './options.ts';
export type { Savepoint, SqlitePool, TransactionOptions } from './sqlite-pool.ts';
export type { SqlitePoolEvents } from './sqlite-events.ts';
export type { SqliteMetrics, SqliteStats } from './sqlite-stats.ts';

// what is lent
export type { AnyRow, QueryResult, SqliteConnection } from './sqlite-connection.ts';
export type { SqliteLease } from './sqlite-lease.ts';

// statements and answers
export type { CheckpointResult } from './checkpoint.ts';
export type { CheckpointAnswer, CheckpointMode, Params, Role, Statement } from './protocol.ts';

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
  type PoolErrorCode,
  type PoolMetrics,
  type PoolOptions,
  type PoolStats,
} from '@pool/core';
