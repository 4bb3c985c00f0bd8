import type { PoolMetrics, PoolStats } from '@pool/core';
import type { SocketMetrics, SocketStats } from './sockets.ts';
import type { TopologyStats } from './topology.ts';

/** Leases as the core counts them, and beside them, never mixed, the driver's sockets by server. */
export interface MongoStats extends PoolStats {
  readonly sockets: Readonly<Record<string, SocketStats>>;
  readonly topology: TopologyStats;
}

export interface MongoMetrics extends PoolMetrics {
  readonly sockets: Readonly<Record<string, SocketMetrics>>;
  readonly mongodb: MongoCounters;
}

export interface MongoCounters {
  /** Transactions left open at release, and aborted. */
  readonly abandonedTransactions: number;
  /** Cursors and change streams left open at release, and closed. */
  readonly abandonedCursors: number;
  /** The current client, and those that it replaced until their last lease ends. */
  readonly clients: number;
  readonly rotations: number;
  /** A new client could not connect: the old one went on. */
  readonly failedRotations: number;
}
