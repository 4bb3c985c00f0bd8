export { createMongoPool, mongoFactory } from './create-mongo-pool.ts';
export type { ConnectionOptions } from './driver-options.ts';
export type { MongoPoolOptions } from './options.ts';
export type { Opened } from './iterate.ts';
export type { MongoPool, RunOptions, TransactionOptions, WatchOptions } from './mongo-pool.ts';

// what is lent
export type { MongoFactory } from './factory.ts';
export type { MongoLease } from './mongo-lease.ts';
export type { MongoPermit } from './permit.ts';

// what one sees
export type { MongoCounters, MongoMetrics, MongoStats } from './mongo-stats.ts';
export {
  observeMongoClient,
  type ClientObservation,
  type SocketCloseReason,
  type SocketMetrics,
  type SocketStats,
} from './sockets.ts';
export type { TopologyStats } from './topology.ts';

// errors
export { isRetryable } from './driver-errors.ts';
export { CursorsAbandonedError } from './abandoned.ts';

// core's, so that one import is enough
export {
  AcquireTimeoutError,
  ConnectError,
  isPoolError,
  LeaseEndedError,
  OptionError,
  PoolClosedError,
  PoolError,
  QueryTimeoutError,
  QueueFullError,
  TransactionAbandonedError,
  type AcquireOptions,
  type PoolErrorCode,
  type PoolMetrics,
  type PoolOptions,
  type PoolStats,
} from '@pool/core';
