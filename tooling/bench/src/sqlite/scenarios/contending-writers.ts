import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createSqlitePool } from '@pool/sqlite';
import { percentile } from '../../percentile.ts';
import type { Effort, Figures } from '../../suite.ts';
import type { Contention, Outcome } from '../contention.ts';
import { BODY, INSERT, openFile, prepareFile, READ_COUNT } from '../database.ts';
import { DEFERRED, IMMEDIATE, INLINE, OURS, OURS_BATCH } from '../names.ts';
import { stepsFor, WORK } from '../work.ts';
import type { SqliteScenario } from './scenario.ts';

const CLIENTS = 4;
const BODY_MS = 2;
/** Long enough for SQLite's own waiting to let somebody starve. */
const LENGTH = 12;

const NAME = 'contending writers';
const COUNT = 'UPDATE counter SET count = count + 1 WHERE id = 1';

type Clients = (filename: string, steps: number, forMs: number) => Promise<readonly Outcome[]>;

/** Four clients, each with one write transaction after the other: read, 2 ms of work, two writes. */
export const contendingWriters: SqliteScenario = {
  name: NAME,
  figures: [
    { key: NAME, unit: 'transactions/s', better: 'more' },
    { key: `${NAME} p50 ms`, unit: 'p50 ms', better: 'less' },
    { key: `${NAME} p99 ms`, unit: 'p99 ms', better: 'less' },
    { key: `${NAME} max ms`, unit: 'max ms', better: 'less' },
    { key: `${NAME} BUSY errors`, unit: 'BUSY errors', better: 'less' },
    { key: `${NAME} fairness`, unit: 'least / most', better: 'more' },
  ],
  contestants: {
    [OURS]: measured(poolClients),
    [OURS_BATCH]: measured(batchClients),
    [INLINE]: measured(inlineClients),
    [IMMEDIATE]: measured((filename, steps, forMs) => threadClients('immediate', filename, steps, forMs)),
    [DEFERRED]: measured((filename, steps, forMs) => threadClients('deferred', filename, steps, forMs)),
  },
};

function measured(run: Clients): (directory: string, effort: Effort) => Promise<Figures> {
  return async (directory, effort) => {
    const filename = prepareFile(directory);
    const start = performance.now();
    const outcomes = await run(filename, stepsFor(BODY_MS), effort.measureMs * LENGTH);
    return summarize(outcomes, performance.now() - start);
  };
}

function summarize(outcomes: readonly Outcome[], elapsedMs: number): Figures {
  const latencies = outcomes.flatMap(({ latenciesMs }) => latenciesMs);
  const shares = outcomes.map(({ latenciesMs }) => latenciesMs.length);
  return {
    [NAME]: (latencies.length / elapsedMs) * 1000,
    [`${NAME} p50 ms`]: percentile(latencies, 0.5),
    [`${NAME} p99 ms`]: percentile(latencies, 0.99),
    [`${NAME} max ms`]: percentile(latencies, 1),
    [`${NAME} BUSY errors`]: outcomes.reduce((sum, { busyErrors }) => sum + busyErrors, 0),
    [`${NAME} fairness`]: Math.min(...shares) / Math.max(...shares),
  };
}

async function poolClients(filename: string, steps: number, forMs: number): Promise<readonly Outcome[]> {
  const pool = createSqlitePool({ connection: { filename } });
  await pool.ready();
  const outcomes = await inParallel(forMs, (client) =>
    pool.transaction(async (connection) => {
      await connection.query(READ_COUNT);
      await connection.query(WORK, [steps]);
      await connection.run(COUNT);
      await connection.run(INSERT, [client, BODY]);
    }),
  );
  await pool.close();
  return outcomes;
}

async function batchClients(filename: string, steps: number, forMs: number): Promise<readonly Outcome[]> {
  const pool = createSqlitePool({ connection: { filename } });
  await pool.ready();
  const outcomes = await inParallel(forMs, (client) =>
    pool.batch([
      { sql: READ_COUNT },
      { sql: WORK, params: [steps] },
      { sql: COUNT },
      { sql: INSERT, params: [client, BODY] },
    ]),
  );
  await pool.close();
  return outcomes;
}

/** One connection in this thread: nobody contends, and the event loop stands still instead. */
async function inlineClients(filename: string, steps: number, forMs: number): Promise<readonly Outcome[]> {
  const database = openFile(filename, 'normal');
  const [read, work, count, insert] = [READ_COUNT, WORK, COUNT, INSERT].map((sql) => database.prepare(sql));
  const transaction = database.transaction((client: number) => {
    read?.get();
    work?.get(steps);
    count?.run();
    insert?.run(client, BODY);
  });
  const outcomes = await inParallel(forMs, async (client) => {
    await nextTurn();
    transaction.immediate(client);
  });
  database.close();
  return outcomes;
}

function inParallel(forMs: number, transact: (client: number) => Promise<unknown>): Promise<Outcome[]> {
  const endAt = Date.now() + forMs;
  const run = async (client: number): Promise<Outcome> => {
    const latenciesMs: number[] = [];
    let busyErrors = 0;
    do {
      const start = performance.now();
      while (!(await hasCommitted(() => transact(client)))) busyErrors++;
      latenciesMs.push(performance.now() - start);
    } while (Date.now() < endAt);
    return { latenciesMs, busyErrors };
  };
  return Promise.all(Array.from({ length: CLIENTS }, (_, client) => run(client)));
}

async function hasCommitted(transact: () => Promise<unknown>): Promise<boolean> {
  try {
    await transact();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true) return false;
    throw error;
  }
}

async function threadClients(
  mode: Contention['mode'],
  filename: string,
  steps: number,
  forMs: number,
): Promise<readonly Outcome[]> {
  const workers: Worker[] = [];
  for (let client = 0; client < CLIENTS; client++) {
    const workerData: Contention = { filename, durability: 'normal', client, mode, steps };
    const worker = new Worker(new URL('../peers/contender-thread.ts', import.meta.url), { workerData });
    await once(worker, 'message');
    workers.push(worker);
  }
  const endAt = Date.now() + forMs;
  return Promise.all(
    workers.map(async (worker) => {
      const outcome = once(worker, 'message');
      worker.postMessage(endAt);
      return (await outcome)[0] as Outcome;
    }),
  );
}
