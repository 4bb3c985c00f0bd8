// A thread with a connection of its own: each message is one insert in one transaction.
import { parentPort, workerData } from 'node:worker_threads';
import { BODY, INSERT, openFile, type Durability } from '../database.ts';
import type { Written } from './writers.ts';

const { filename, durability } = workerData as { filename: string; durability: Durability };
const database = openFile(filename, durability);
const insert = database.prepare(INSERT);
const write = database.transaction((client: number) => {
  insert.run(client, BODY);
});

parentPort?.on('message', (client: number) => {
  parentPort?.postMessage(attempt(client));
});
parentPort?.postMessage({} satisfies Written);

function attempt(client: number): Written {
  try {
    write.immediate(client);
    return {};
  } catch (error) {
    return { error: error as Error };
  }
}
