// A MongoDB replica set to test with: the one at POOL_TEST_MONGODB_URL; else a container; else mongod, of this machine or as
// mongodb-memory-server downloads it; else, on Debian, DocumentDB behind a front that speaks MongoDB's wire protocol.

import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { canInstall } from './debian.ts';
import { startContainer } from './docker.ts';
import { IMAGES } from './images.ts';
import { startDocumentDb } from './mongodb/documentdb/server.ts';
import { findMongod } from './mongodb/mongod-program.ts';
import { SET_NAME } from './mongodb/mongod-process.ts';
import { initiate, startMongodSet, untilPrimary } from './mongodb/mongod-set.ts';
import type { PrivateMongo } from './mongodb/private-mongo.ts';
import { say } from './say.ts';

export type { MongoNode, PrivateMongo } from './mongodb/private-mongo.ts';

/** The URL of a replica set to use instead of starting one. Its user must be allowed to drop databases. */
export const MONGODB_URL = 'POOL_TEST_MONGODB_URL';

const NO_SERVER =
  'no server to test with: set POOL_TEST_MONGODB_URL, start Docker, install mongod, or be root on Debian';

export interface MongoServer {
  /** Without a database. */
  readonly url: string;
  /** What kind of server it is. */
  readonly description: string;
  /** Ends the server, if it was started by `startMongo`. */
  stop(): Promise<void>;
}

/** A database of its own on the server of the run. */
export interface MongoDatabase {
  /** With the database. */
  readonly url: string;
  readonly database: string;
  drop(): Promise<void>;
}

/** Starts a server, or finds the one at POOL_TEST_MONGODB_URL, and says on stderr which one it is. @throws when there is none */
export async function startMongo(): Promise<MongoServer> {
  const given = process.env[MONGODB_URL];
  const server =
    given === undefined
      ? ((await startInContainer()) ?? ofThisMachine(await startOnThisMachine(1)))
      : { url: given, description: `given by ${MONGODB_URL}`, stop: async () => {} };
  say(`MongoDB at ${hostsOf(server.url)}: ${server.description}`);
  return server;
}

/** Whether this machine can have a server at all: the reason if not. Starts nothing. */
export async function whyNoMongo(): Promise<string | undefined> {
  if (process.env[MONGODB_URL] !== undefined || canInstall()) return undefined;
  if ((await findMongod()) !== undefined) return undefined;
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => undefined,
    () => NO_SERVER,
  );
}

/** Names an empty database on the server of this run, or on the given one. */
export async function freshDatabase(given?: { readonly url: string }): Promise<MongoDatabase> {
  const server = given?.url ?? process.env[MONGODB_URL];
  if (server === undefined) throw new Error(`no MongoDB server: ${MONGODB_URL} is not set`);
  const database = `pool_${randomBytes(6).toString('hex')}`;
  const drop = async (): Promise<void> => {
    await using client = new MongoClient(server);
    await client.db(database).dropDatabase();
  };
  return { url: withDatabase(server, database), database, drop };
}

/**
 * Starts a replica set for one test file alone, of processes of this machine.
 *
 * @param options.nodes how many members it has; 1 by default
 */
export function startPrivateMongo({ nodes = 1 }: { nodes?: number } = {}): Promise<PrivateMongo> {
  return startOnThisMachine(nodes);
}

async function startInContainer(): Promise<MongoServer | undefined> {
  const image = process.env['POOL_TEST_MONGODB_IMAGE'] ?? IMAGES.mongodb;
  const command = ['--replSet', SET_NAME, '--bind_ip_all', '--setParameter', 'enableTestCommands=1'];
  const container = await startContainer({ image, port: 27_017, environment: {}, command });
  if (container === undefined) return undefined;
  const address = `${container.getHost()}:${container.getMappedPort(27_017)}`;
  // The set knows its member by the port inside: drivers are to talk to this address and no other.
  const url = `mongodb://${address}/?directConnection=true`;
  await initiate(['localhost:27017'], address);
  await untilPrimary(url);
  return { url, description: `a container of ${image}`, stop: async () => void (await container.stop()) };
}

async function startOnThisMachine(nodes: number): Promise<PrivateMongo> {
  const mongod = await findMongod();
  if (mongod !== undefined) return startMongodSet(mongod, nodes);
  if (!canInstall()) throw new Error(NO_SERVER);
  return startDocumentDb(nodes);
}

function ofThisMachine(mongo: PrivateMongo): MongoServer {
  return { url: mongo.url, description: mongo.description, stop: () => mongo.remove() };
}

/** Several hosts are no URL as Node.js knows it. */
const PARTS = /^(?<scheme>mongodb(?:\+srv)?:\/\/)(?<user>[^@/]*@)?(?<hosts>[^/?]+)\/?[^?]*(?<options>.*)$/;

function partsOf(url: string): Readonly<Record<string, string | undefined>> {
  const parts = PARTS.exec(url)?.groups;
  if (parts === undefined) throw new TypeError('not a URL of MongoDB');
  return parts;
}

function hostsOf(url: string): string {
  return partsOf(url)['hosts']!;
}

function withDatabase(url: string, database: string): string {
  const { scheme, user = '', hosts, options = '' } = partsOf(url);
  const query = new URLSearchParams(options);
  // Without a database in the URL, a user is one of "admin": so it stays.
  if (user !== '' && !query.has('authSource')) query.set('authSource', 'admin');
  return `${scheme}${user}${hosts}/${database}?${query.toString()}`;
}
