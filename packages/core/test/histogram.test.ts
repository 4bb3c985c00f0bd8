import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HistogramSnapshot } from '../src/index.ts';
import { poolOf } from './support/pool-of.ts';

/** What the pool makes of leases held for so long each. */
async function useTimes(durations: readonly number[]): Promise<HistogramSnapshot> {
  const { pool, clock } = poolOf({
    max: 1,
    leakThresholdMs: Infinity,
    idleTimeoutMs: Infinity,
    keepaliveIntervalMs: Infinity,
  });
  for (const duration of durations) {
    const lease = await pool.acquire();
    await clock.advance(duration);
    lease.release();
  }
  return pool.metrics().useMs;
}

/** The exact quantile: the least duration that at least this share of all does not exceed. */
function exactQuantile(durations: readonly number[], share: number): number {
  const sorted = durations.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

// From a microsecond to half an hour, as likely short as long.
const duration = fc.integer({ min: -3_000, max: 6_200 }).map((exponent) => 10 ** (exponent / 1_000));
const durations = fc.array(duration, { minLength: 1, maxLength: 30 });
const FEW = { numRuns: 40, seed: 20 };
// Subtracting readings of the clock leaves a rest of this share.
const ROUNDING = 1e-9;

describe('a histogram', () => {
  test.each([
    ['p50', 0.5],
    ['p90', 0.9],
    ['p99', 0.99],
  ] as const)(
    'P22: %s is at most 6.25 %% above the exact quantile, or one microsecond',
    async (quantile, share) => {
      await fc.assert(
        fc.asyncProperty(durations, async (held) => {
          const exact = exactQuantile(held, share);
          expect((await useTimes(held))[quantile]).toBeLessThanOrEqual(
            Math.max(exact * 1.0625, exact + 0.001) * (1 + ROUNDING),
          );
        }),
        FEW,
      );
    },
  );

  test.each([
    ['p50', 0.5],
    ['p90', 0.9],
    ['p99', 0.99],
  ] as const)('P22: %s is never below the exact quantile', async (quantile, share) => {
    await fc.assert(
      fc.asyncProperty(durations, async (held) => {
        const exact = exactQuantile(held, share);
        expect((await useTimes(held))[quantile]).toBeGreaterThanOrEqual(exact * (1 - ROUNDING) - ROUNDING);
      }),
      FEW,
    );
  });

  test('P22: its buckets add up to its count, and ascend', async () => {
    await fc.assert(
      fc.asyncProperty(durations, async (held) => {
        const { buckets, count } = await useTimes(held);
        const bounds = buckets.map(({ upToMs }) => upToMs);
        expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(count);
        expect(bounds).toEqual([...new Set(bounds)].toSorted((one, other) => one - other));
      }),
      FEW,
    );
  });

  test('P22: no duration is above the bound of its bucket', async () => {
    const { buckets } = await useTimes([0.0165]);

    expect(buckets).toHaveLength(1);
    expect(buckets[0]!.upToMs).toBeGreaterThanOrEqual(0.0165);
  });

  test('P22: count, sum, mean and max are exact', async () => {
    expect(await useTimes([1, 2, 9])).toMatchObject({ count: 3, sum: 12, mean: 4, max: 9 });
  });

  test('P22: without a duration is all zero', async () => {
    expect(await useTimes([])).toEqual({
      count: 0,
      sum: 0,
      mean: 0,
      max: 0,
      p50: 0,
      p90: 0,
      p99: 0,
      buckets: [],
    });
  });

  test('P22: durations of nothing count as zero', async () => {
    expect(await useTimes([0, 0])).toMatchObject({
      count: 2,
      sum: 0,
      max: 0,
      p50: 0,
      buckets: [{ upToMs: 0, count: 2 }],
    });
  });

  test('P22: no quantile is above the greatest duration', async () => {
    expect(await useTimes([100.3])).toMatchObject({ p50: 100.3, p90: 100.3, p99: 100.3 });
  });

  test('P22: durations beyond its range count, and leave max exact', async () => {
    const hours = 5 * 3_600_000;

    expect(await useTimes([1, hours])).toMatchObject({ count: 2, max: hours, sum: hours + 1 });
  });

  test('P22: a snapshot does not change afterwards', async () => {
    const { pool } = poolOf();
    (await pool.acquire()).release();
    const { useMs } = pool.metrics();
    (await pool.acquire()).release();

    expect(useMs.count).toBe(1);
  });
});
