import { freshDatabase, MONGODB_URL, startMongo, startPrivateMongo } from '@pool/testbed/mongodb';
import { startScriptedMongo } from '@pool/testbed/mongodb/scripted';
import type { RestartableServer } from '../database/scenarios/recovery.ts';
import { fillAccounts } from './accounts.ts';

const STUB_URL = 'POOL_BENCH_MONGODB_STUB_URL';
const NODES = 3;
const RESIGNED_S = 60;

/** Starts the servers of the run: a real one, and one that does next to nothing. Child processes find them in their environment. */
export async function prepareServers(): Promise<() => Promise<void>> {
  const server = await startMongo();
  const database = await freshDatabase(server);
  const stub = await startScriptedMongo();
  await fillAccounts(database.url);
  process.env[MONGODB_URL] = database.url;
  process.env[STUB_URL] = stub.url;
  return async () => {
    await database.drop();
    await Promise.all([server.stop(), stub.stop()]);
  };
}

export const urlOfRun = (): string => urlIn(MONGODB_URL);

export const urlOfStub = (): string => urlIn(STUB_URL);

/** A set of the measurement's own, whose primary resigns. */
export async function startElecting(): Promise<RestartableServer> {
  const set = await startPrivateMongo({ nodes: NODES });
  const { url } = await freshDatabase(set);
  await fillAccounts(url);
  return { url, restart: () => set.stepDown(RESIGNED_S), remove: () => set.remove() };
}

function urlIn(name: string): string {
  const url = process.env[name];
  if (url === undefined) throw new Error(`no server: ${name} is not set`);
  return url;
}
