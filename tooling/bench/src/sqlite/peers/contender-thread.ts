// A thread with a connection of its own: transactions, one after the other, until the time is up.
import { parentPort, workerData } from 'node:worker_threads';
import type { Contention, Outcome } from '../contention.ts';
import { BODY, INSERT, openFile, READ_COUNT } from '../database.ts';
import { WORK } from '../work.ts';

const { filename, durability, client, mode, steps } = workerData as Contention;
const database = openFile(filename, durability);
const read = database.prepare(READ_COUNT);
const count = database.prepare('UPDATE counter SET count = count + 1 WHERE id = 1');
const insert = database.prepare(INSERT);
const work = database.prepare(WORK);
const body = database.transaction(() => {
  read.get();
  work.get(steps);
  count.run();
  insert.run(client, BODY);
});
const transaction = mode === 'immediate' ? body.immediate : body.deferred;

parentPort?.once('message', (endAt: number) => {
  parentPort?.postMessage(contend(endAt));
  database.close();
});
parentPort?.postMessage('ready');

/** @returns the latency of each transaction, from the wish for it to its commit, and the errors on the way there */
function contend(endAt: number): Outcome {
  const latenciesMs: number[] = [];
  let busyErrors = 0;
  do {
    const start = performance.now();
    while (!hasCommitted()) busyErrors++;
    latenciesMs.push(performance.now() - start);
  } while (Date.now() < endAt);
  return { latenciesMs, busyErrors };
}

function hasCommitted(): boolean {
  try {
    transaction();
    return true;
  } catch (error) {
    // What a careful application does: the whole transaction again.
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true) return false;
    throw error;
  }
}
