import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Contestant } from '../contestant.ts';
import { scaled } from '../../operations.ts';
import { ACQUIRE_TIMEOUT_MS, borrowAll, CONNECTIONS, type CoreScenario } from './scenario.ts';

const WAITERS = 20_000;
const WARMUP_WAITERS = 2_000;
const NAME = 'bytes per waiter';

/** What one caller in the queue holds: the promise it got, and all that the pool keeps for it. Not the caller itself. */
export const bytesPerWaiter: CoreScenario = {
  name: NAME,
  figures: [{ key: NAME, unit: 'bytes', better: 'less' }],
  async run(contestant, effort) {
    await measure(contestant, scaled(WARMUP_WAITERS, effort));
    return { [NAME]: await measure(contestant, scaled(WAITERS, effort)) };
  },
};

async function measure(contestant: Contestant, waiters: number): Promise<number> {
  const pool = contestant.create({ max: CONNECTIONS, acquireTimeoutMs: ACQUIRE_TIMEOUT_MS });
  const lent = await borrowAll(pool);
  // As long as it will be, so that it does not grow while it is measured.
  const acquires: (Promise<unknown> | undefined)[] = Array.from({ length: waiters }, () => undefined);
  const before = await liveBytes();
  for (let i = 0; i < waiters; i++) acquires[i] = pool.acquire();
  const after = await liveBytes();
  const served = acquires.map(async (acquire) => pool.release(await acquire));
  for (const connection of lent) pool.release(connection);
  await Promise.all(served);
  return (after - before) / waiters;
}

async function liveBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  await nextTurn();
  await nextTurn();
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
