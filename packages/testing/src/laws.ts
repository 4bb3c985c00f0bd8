import { DEFAULTS, type PoolMetrics } from '@pool/core';

/** Whatever counts as a pool of the core counts: a pool, or an adapter's own around one. */
export interface Measured {
  metrics(): PoolMetrics;
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/**
 * Which of the laws of its numbers (P1, P4, P22) the pool breaks at this moment: at every moment none.
 *
 * @param maxConnecting the pool's own
 */
export function brokenLaws(pool: Measured, maxConnecting: number = DEFAULTS.maxConnecting): string[] {
  return brokenLawsOf(pool.metrics(), maxConnecting);
}

export function brokenLawsOf(metrics: PoolMetrics, maxConnecting: number): string[] {
  const { counters, gauges, waitMs, useMs, createMs } = metrics;
  const { size, creating, idle, checking, leased, resetting, closing, waiting } = gauges;
  const { attempts, acquired, released, timedOut, aborted, refused, created } = counters;
  const open = idle + checking + leased + resetting;
  const broken: string[] = [];
  const check = (isKept: boolean, law: string): void => {
    if (!isKept) broken.push(`${law}: ${JSON.stringify({ gauges, counters })}`);
  };
  check(size === open + creating + closing, 'I1 P1 every connection is in one state');
  check(
    Math.min(creating, idle, checking, leased, resetting, closing, waiting) >= 0,
    'I1 P1 no state holds fewer than none',
  );
  check(creating <= maxConnecting, 'I13 P4 at most maxConnecting connects');
  check(
    attempts === acquired + timedOut + aborted + refused + waiting,
    'I24 P22 attempts = acquired + timed out + aborted + refused + waiting',
  );
  check(acquired === released + leased, 'I24 P22 acquired = released + leased');
  check(created - sum(counters.closed) >= open, 'I24 P22 created = closed + open');
  check(
    waitMs.count === acquired && useMs.count === released && createMs.count === created,
    'I24 P22 histograms agree with counters',
  );
  return broken;
}

/** Which laws of a pool at rest it breaks: closed, with nothing under way. */
export function brokenLawsAtTheEnd(pool: Measured, maxConnecting?: number): string[] {
  const { counters, gauges } = pool.metrics();
  const laws: Record<string, boolean> = {
    'I16 P19 the pool is closed': gauges.phase === 'closed',
    'I16 P19 no connection is left': gauges.size === 0,
    'I16 P19 nobody waits': gauges.waiting === 0,
    'I24 P22 created = closed': counters.created === sum(counters.closed),
    'I24 P22 acquired = released': counters.acquired === counters.released,
  };
  return [...brokenLaws(pool, maxConnecting), ...Object.keys(laws).filter((law) => !laws[law])];
}
