import type { PoolMetrics, PoolStats } from '@pool/core';
import type { Mode } from './options.ts';

export interface SqliteStats {
  readonly name: string;
  readonly mode: Mode;
  readonly reader: PoolStats;
  /** Undefined with `connection.readonly`. In memory the same as `reader`. */
  readonly writer: PoolStats | undefined;
}

export interface SqliteMetrics {
  readonly reader: PoolMetrics;
  readonly writer: PoolMetrics | undefined;
  readonly sqlite: {
    /** Calls that waited for a lock of another process, and for how long in all. */
    readonly lockWaits: number;
    readonly lockWaitMs: number;
    /** One-shot writes were committed in this many transactions, and were this many. */
    readonly groups: number;
    readonly groupedWrites: number;
    /** Transactions left open at release, and rolled back. */
    readonly abandonedTransactions: number;
    /** Size of the write-ahead log: grows while a reader keeps an old snapshot. */
    readonly walBytes: number;
  };
}
