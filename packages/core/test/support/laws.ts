import type { Pool } from '../../src/index.ts';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Which of the laws of P1 and P22 the pool breaks at this moment: at every moment none. */
export function brokenLaws(pool: Pool<never>): string[] {
  const { counters, gauges, waitMs, useMs, createMs } = pool.metrics();
  const { size, creating, idle, checking, leased, resetting, closing, waiting } = gauges;
  const { attempts, acquired, released, timedOut, aborted, refused, created } = counters;
  const open = idle + checking + leased + resetting;
  const laws: Record<string, boolean> = {
    'P1 every connection is in one state': size === open + creating + closing,
    'P1 no state holds fewer than none':
      Math.min(creating, idle, checking, leased, resetting, closing, waiting) >= 0,
    'P4 at most maxConnecting connects': creating <= 2,
    'P22 attempts = acquired + timed out + aborted + refused + waiting':
      attempts === acquired + timedOut + aborted + refused + waiting,
    'P22 acquired = released + leased': acquired === released + leased,
    'P22 created = closed + open': created - sum(counters.closed) >= open,
    'P22 histograms agree with counters':
      waitMs.count === acquired && useMs.count === released && createMs.count === created,
  };
  return Object.keys(laws)
    .filter((law) => !laws[law])
    .map((law) => `${law}: ${JSON.stringify({ gauges, counters })}`);
}

/** Which laws of a pool at rest it breaks: closed, with nothing under way. */
export function brokenLawsAtTheEnd(pool: Pool<never>): string[] {
  const { counters, gauges } = pool.metrics();
  const laws: Record<string, boolean> = {
    'P19 the pool is closed': gauges.phase === 'closed',
    'P19 no connection is left': gauges.size === 0,
    'P19 nobody waits': gauges.waiting === 0,
    'P22 created = closed': counters.created === sum(counters.closed),
    'P22 acquired = released': counters.acquired === counters.released,
  };
  return [...brokenLaws(pool), ...Object.keys(laws).filter((law) => !laws[law])];
}
