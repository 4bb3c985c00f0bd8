import { type CloseReason, type HistogramSnapshot, type PoolMetrics, type PoolStats } from '@pool/core';

export function statsOf(stats: Partial<PoolStats> = {}): PoolStats {
  return {
    name: 'bank',
    phase: 'open',
    max: 4,
    min: 0,
    size: 4,
    creating: 0,
    idle: 4,
    checking: 0,
    leased: 0,
    resetting: 0,
    closing: 0,
    waiting: 0,
    generation: 0,
    oldestLeaseMs: 0,
    ...stats,
  };
}

/** @param counts how many durations of at most so many milliseconds */
export function histogramOf(counts: Record<number, number> = {}): HistogramSnapshot {
  const buckets = Object.entries(counts).map(([upToMs, count]) => ({ upToMs: Number(upToMs), count }));
  const count = buckets.reduce((total, bucket) => total + bucket.count, 0);
  return { count, sum: 0, mean: 0, max: 0, p50: 0, p90: 0, p99: 0, buckets };
}

export function metricsOf(
  parts: {
    gauges?: Partial<PoolStats>;
    acquired?: number;
    waitMs?: HistogramSnapshot;
    useMs?: HistogramSnapshot;
  } = {},
): PoolMetrics {
  const { acquired = 0 } = parts;
  return {
    gauges: statsOf(parts.gauges),
    counters: {
      attempts: acquired,
      acquired,
      released: acquired,
      timedOut: 0,
      aborted: 0,
      refused: 0,
      created: 0,
      createFailed: 0,
      closed: {} as Record<CloseReason, number>,
      misused: 0,
      overdue: 0,
      backgroundErrors: 0,
    },
    waitMs: parts.waitMs ?? histogramOf(),
    useMs: parts.useMs ?? histogramOf(),
    createMs: histogramOf(),
  };
}
