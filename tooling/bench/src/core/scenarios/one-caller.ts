import { operationsPerSecond } from '../../operations.ts';
import { filledPool, type CoreScenario } from './scenario.ts';

const PER_TURN = 100;

/** One caller acquires and releases, one after the other; the other nine connections stay idle. */
export const oneCaller: CoreScenario = {
  name: 'one caller',
  figures: [{ key: 'one caller', unit: 'ops/s', better: 'more' }],
  async run(contestant, effort) {
    const pool = await filledPool(contestant);
    const step = async (): Promise<number> => {
      for (let i = 0; i < PER_TURN; i++) pool.release(await pool.acquire());
      return PER_TURN;
    };
    return { 'one caller': await operationsPerSecond(effort, step) };
  },
};
