import { type HistogramSnapshot, type PoolMetrics } from '@pool/core';

/** One pool, or several as if they were one, as the live view and the summary show it. */
export interface PoolFigures {
  readonly max: number;
  readonly leased: number;
  readonly idle: number;
  readonly waiting: number;
  /** Leases begun, and acquires that ended without one. */
  readonly acquired: number;
  readonly timedOut: number;
  readonly refused: number;
  readonly waitP99Ms: number;
  readonly useP99Ms: number;
}

/** Pools by what each is for. */
export type Pools = Readonly<Record<string, PoolMetrics>>;

/** Of each pool: the gauges of now; counters and quantiles of what came after `before`. */
export function figuresByRole(now: Pools, before: Pools): Record<string, PoolFigures> {
  return Object.fromEntries(
    Object.entries(now).map(([role, metrics]) => [role, figuresOf([{ now: metrics, before: before[role] }])]),
  );
}

/** All pools as if they were one: what demos of every database have in common. */
export function figuresOfAll(now: Pools, before: Pools): PoolFigures {
  return figuresOf(Object.entries(now).map(([role, metrics]) => ({ now: metrics, before: before[role] })));
}

interface Interval {
  readonly now: PoolMetrics;
  readonly before: PoolMetrics | undefined;
}

function figuresOf(intervals: readonly Interval[]): PoolFigures {
  const sum = (pick: (metrics: PoolMetrics) => number): number =>
    intervals.reduce((total, { now }) => total + pick(now), 0);
  const growth = (pick: (metrics: PoolMetrics) => number): number =>
    intervals.reduce(
      (total, { now, before }) => total + pick(now) - (before === undefined ? 0 : pick(before)),
      0,
    );
  const p99 = (pick: (metrics: PoolMetrics) => HistogramSnapshot): number =>
    quantileSince(
      intervals.map(({ now, before }) => ({ now: pick(now), before: before && pick(before) })),
      0.99,
    );
  return {
    max: sum(({ gauges }) => gauges.max),
    leased: sum(({ gauges }) => gauges.leased),
    idle: sum(({ gauges }) => gauges.idle),
    waiting: sum(({ gauges }) => gauges.waiting),
    acquired: growth(({ counters }) => counters.acquired),
    timedOut: growth(({ counters }) => counters.timedOut),
    refused: growth(({ counters }) => counters.refused),
    waitP99Ms: p99(({ waitMs }) => waitMs),
    useP99Ms: p99(({ useMs }) => useMs),
  };
}

/** A pool's histograms only ever grow: what one interval added is the difference of their buckets. */
function quantileSince(
  intervals: readonly { now: HistogramSnapshot; before: HistogramSnapshot | undefined }[],
  share: number,
): number {
  const counts = new Map<number, number>();
  const add = (snapshot: HistogramSnapshot | undefined, sign: 1 | -1): void => {
    for (const { upToMs, count } of snapshot?.buckets ?? []) {
      counts.set(upToMs, (counts.get(upToMs) ?? 0) + sign * count);
    }
  };
  for (const { now, before } of intervals) {
    add(now, 1);
    add(before, -1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [upToMs, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    seen += count;
    if (total > 0 && seen >= total * share) return upToMs;
  }
  return 0;
}
