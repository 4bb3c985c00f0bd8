import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, MongoServerError } from 'mongodb';
import { MongodProcess, SET_NAME } from './mongod-process.ts';
import type { PrivateMongo } from './private-mongo.ts';

const STEP_MS = 50;
const ELECTION_TIMEOUT_MS = 1_000;
const ALREADY_INITIATED = 23;

/** Starts an empty replica set of so many mongods. */
export async function startMongodSet(path: string, nodes: number): Promise<PrivateMongo> {
  const processes = await Promise.all(Array.from({ length: nodes }, () => MongodProcess.create(path)));
  const addresses = processes.map(({ address }) => address);
  const url = `mongodb://${addresses.join(',')}/?replicaSet=${SET_NAME}`;
  const removeAll = async (): Promise<void> => {
    await Promise.all(processes.map((mongod) => mongod.remove()));
  };
  try {
    await initiate(addresses);
    await untilPrimary(url);
  } catch (error) {
    await removeAll();
    throw error;
  }
  return {
    url,
    description: `mongod, ${path}`,
    nodes: processes,
    stepDown: (seconds = 1) => asAdministrator(url, { replSetStepDown: seconds, force: true }),
    cutConnections: async () => {
      await Promise.all(processes.map((mongod) => mongod.stop()));
      await Promise.all(processes.map((mongod) => mongod.start()));
    },
    pause: () => processes.forEach((mongod) => mongod.signal('SIGSTOP')),
    resume: () => processes.forEach((mongod) => mongod.signal('SIGCONT')),
    remove: removeAll,
  };
}

/** Makes a set of these; of one that is a set already, nothing happens. */
export async function initiate(addresses: readonly string[], at: string = addresses[0]!): Promise<void> {
  const members = addresses.map((host, _id) => ({ _id, host }));
  const settings = { electionTimeoutMillis: ELECTION_TIMEOUT_MS };
  const config = { _id: SET_NAME, members, settings };
  try {
    await asAdministrator(`mongodb://${at}/?directConnection=true`, { replSetInitiate: config });
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== ALREADY_INITIATED) throw error;
  }
}

/** Resolves once the server answers as a primary. */
export async function untilPrimary(url: string): Promise<void> {
  await using client = new MongoClient(url);
  for (;;) {
    const { isWritablePrimary } = await client.db('admin').command({ hello: 1 });
    if (isWritablePrimary === true) return;
    await sleep(STEP_MS);
  }
}

async function asAdministrator(url: string, command: Record<string, unknown>): Promise<void> {
  await using client = new MongoClient(url);
  await client.db('admin').command(command);
}
