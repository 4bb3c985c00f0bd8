import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { createSqlitePool } from '@pool/sqlite';
import type { Effort, Figures } from '../../suite.ts';
import { openFile, prepareFile } from '../database.ts';
import { INLINE, OURS } from '../names.ts';
import { stepsFor, WORK } from '../work.ts';
import type { SqliteScenario } from './scenario.ts';

const CALLERS = 4;
/** A histogram of delays needs more samples than a rate. */
const LENGTH = 6;
const RESOLUTION_MS = 1;
const NANOSECONDS = 1e6;

interface Reader {
  readonly query: () => Promise<unknown>;
  readonly close: () => unknown;
}

/** Four callers, each with one query after the other: how long the event loop stands still meanwhile. */
export function loopDelay(queryMs: number): SqliteScenario {
  const name = `loop delay, ${queryMs} ms queries`;
  const measured =
    (open: (filename: string, steps: number) => Reader | Promise<Reader>) =>
    async (directory: string, effort: Effort): Promise<Figures> => {
      const { query, close } = await open(prepareFile(directory), stepsFor(queryMs));
      await queryFor(query, effort.warmupMs);
      const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      delay.enable();
      const start = performance.now();
      const queries = await queryFor(query, effort.measureMs * LENGTH);
      // The histogram learns of the last delay only when its timer runs.
      await sleep(2 * RESOLUTION_MS);
      const elapsedMs = performance.now() - start;
      delay.disable();
      await close();
      return {
        [`${name} p99`]: delay.percentile(99) / NANOSECONDS,
        [`${name} max`]: delay.max / NANOSECONDS,
        [`${name} queries/s`]: (queries / elapsedMs) * 1000,
      };
    };
  return {
    name,
    figures: [
      { key: `${name} p99`, unit: 'p99 ms', better: 'less' },
      { key: `${name} max`, unit: 'max ms', better: 'less' },
      { key: `${name} queries/s`, unit: 'queries/s', better: 'more' },
    ],
    contestants: { [OURS]: measured(openPool), [INLINE]: measured(openInline) },
  };
}

async function queryFor(query: () => Promise<unknown>, forMs: number): Promise<number> {
  const endAt = performance.now() + forMs;
  let queries = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < endAt) {
      await query();
      queries++;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return queries;
}

async function openPool(filename: string, steps: number): Promise<Reader> {
  const pool = createSqlitePool({ connection: { filename } });
  await pool.ready();
  return { query: () => pool.query(WORK, [steps]), close: () => pool.close() };
}

function openInline(filename: string, steps: number): Reader {
  const database = openFile(filename, 'normal');
  const work = database.prepare(WORK);
  return {
    async query() {
      await nextTurn();
      return work.get(steps);
    },
    close: () => database.close(),
  };
}
