import type { BenchPool } from '../contestant.ts';
import { operationsPerSecond, scaled } from '../../operations.ts';
import { filledPool, type CoreScenario } from './scenario.ts';

const WARMUP_CALLERS = 10_000;

/** Everybody comes at once; measured until the last one was served. */
export function burst(size: number): CoreScenario {
  const name = `burst ${size}`;
  return {
    name,
    figures: [{ key: name, unit: 'ops/s', better: 'more' }],
    async run(contestant, effort) {
      const pool = await filledPool(contestant);
      const callers = scaled(size, effort);
      // Some pools take seconds for a large burst: a smaller one warms them up as well.
      const few = Math.min(callers, WARMUP_CALLERS);
      return {
        [name]: await operationsPerSecond(
          effort,
          () => serve(pool, callers),
          () => serve(pool, few),
        ),
      };
    },
  };
}

function serve(pool: BenchPool<unknown>, callers: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let left = callers;
    const served = (lent: unknown): void => {
      pool.release(lent);
      if (--left === 0) resolve(callers);
    };
    for (let i = 0; i < callers; i++) pool.acquire().then(served, reject);
  });
}
