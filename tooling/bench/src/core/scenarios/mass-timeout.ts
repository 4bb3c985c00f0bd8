import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchPool } from '../contestant.ts';
import { LoopProbe, type LongestTurn } from '../loop-probe.ts';
import { scaled } from '../../operations.ts';
import { borrowAll, CONNECTIONS, type CoreScenario } from './scenario.ts';

const WAITERS = 32_000;
const WARMUP_WAITERS = 4_000;
const TIMEOUT_MS = 1_000;
const SHORTEST_TIMEOUT_MS = 100;
const PROBE_LEAD_MS = 50;

const NAME = `timeout ${WAITERS}`;
const BLOCK = 'longest loop block ms';
const CPU_BLOCK = 'longest loop block cpu ms';

/** Nobody hands back; everybody's deadline is over in the same instant. Counted from then to the last rejection. */
export const massTimeout: CoreScenario = {
  name: NAME,
  figures: [
    { key: NAME, unit: 'ops/s', better: 'more' },
    { key: BLOCK, unit: 'longest loop block, ms', better: 'less' },
    { key: CPU_BLOCK, unit: '... in CPU ms', better: 'less' },
  ],
  needsDeadlines: true,
  async run(contestant, effort) {
    const timeoutMs = Math.max(SHORTEST_TIMEOUT_MS, scaled(TIMEOUT_MS, effort));
    const pool = contestant.create({ max: CONNECTIONS, acquireTimeoutMs: timeoutMs });
    const lent = await borrowAll(pool);
    await expire(pool, scaled(WARMUP_WAITERS, effort), timeoutMs);
    const waiters = scaled(WAITERS, effort);
    const { elapsedMs, longest } = await expire(pool, waiters, timeoutMs);
    for (const connection of lent) pool.release(connection);
    return { [NAME]: (waiters / elapsedMs) * 1000, [BLOCK]: longest.wallMs, [CPU_BLOCK]: longest.cpuMs };
  },
};

interface Expiry {
  /** From the moment at which the first deadline was over. */
  readonly elapsedMs: number;
  readonly longest: LongestTurn;
}

async function expire(pool: BenchPool<unknown>, waiters: number, timeoutMs: number): Promise<Expiry> {
  // A fresh turn: timers count from the start of the turn that sets them.
  await sleep(1);
  const due = performance.now() + timeoutMs;
  const allRejected = rejectAll(pool, waiters);
  const leadMs = due - PROBE_LEAD_MS - performance.now();
  if (leadMs < 0) throw new Error(`issuing ${waiters} acquires took longer than their timeout`);
  await sleep(leadMs);
  const probe = new LoopProbe();
  const end = await allRejected;
  // A timer of Node.js may fire a millisecond early.
  return { elapsedMs: Math.max(end - due, 0.01), longest: await probe.stop() };
}

/** Resolves with the moment of the last rejection. */
function rejectAll(pool: BenchPool<unknown>, waiters: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let left = waiters;
    const served = (): void => reject(new Error('a caller was served though nobody handed back'));
    const rejected = (): void => {
      if (--left === 0) resolve(performance.now());
    };
    for (let i = 0; i < waiters; i++) pool.acquire().then(served, rejected);
  });
}
