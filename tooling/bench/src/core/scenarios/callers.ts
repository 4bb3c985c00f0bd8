import type { BenchPool } from '../contestant.ts';
import { operationsPerSecond, scaled } from '../../operations.ts';
import { filledPool, type CoreScenario } from './scenario.ts';

const PER_TURN = 20_000;

/** Callers in loops of their own, more of them than connections; who has acquired hands back at once. */
export function callersOn10(callers: number): CoreScenario {
  const name = `${callers} callers on 10`;
  return {
    name,
    figures: [{ key: name, unit: 'ops/s', better: 'more' }],
    async run(contestant, effort) {
      const pool = await filledPool(contestant);
      const each = scaled(PER_TURN / callers, effort);
      const step = async (): Promise<number> => {
        await Promise.all(Array.from({ length: callers }, () => call(pool, each)));
        return callers * each;
      };
      return { [name]: await operationsPerSecond(effort, step) };
    },
  };
}

async function call(pool: BenchPool<unknown>, times: number): Promise<void> {
  for (let i = 0; i < times; i++) pool.release(await pool.acquire());
}
