// A MySQL or MariaDB server to test with: the one at POOL_TEST_MYSQL_URL; else a container; else a program of this machine,
// which on a Debian machine is installed when it is missing.

import { randomBytes } from 'node:crypto';
import type { Address } from '../fault-proxy.ts';
import { startContainer } from './docker.ts';
import { IMAGES } from './images.ts';
import { readVersion, untilItAnswers, withConnection } from './mysql-client.ts';
import { MysqlProcess, type MysqlSettings } from './mysql-process.ts';
import { hasProgram, NO_PROGRAM } from './mysql-program.ts';
import { say } from './say.ts';

export type { MysqlSettings } from './mysql-process.ts';

/** The URL of a server to use instead of starting one. Its user must be allowed to create databases and users. */
export const MYSQL_URL = 'POOL_TEST_MYSQL_URL';

/** Where a server is, and who may come in. */
export interface MysqlPlace {
  /** With user, password and database. */
  readonly url: string;
  readonly address: Address;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface MysqlServer extends MysqlPlace {
  /** "MySQL 9.4.0" or "MariaDB 10.11.19". */
  readonly version: string;
  /** Ends the server, if it was started by `startMysql`. */
  stop(): Promise<void>;
}

/** A database of its own on the server of the run. */
export interface MysqlDatabase extends MysqlPlace {
  drop(): Promise<void>;
}

/** A server that a test may stop, kill and freeze. Always a process of this machine, so that it has a `pid`. */
export interface PrivateMysql extends MysqlPlace {
  readonly version: string;
  /** Of the running process. */
  readonly pid: number;
  /** In good order, as an administrator does. */
  stop(): Promise<void>;
  /** On the same port, with the same data. Resolves when it answers. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** For good, with its data. */
  remove(): Promise<void>;
}

/** Starts a server, or finds the one at POOL_TEST_MYSQL_URL, and says on stderr which one it is. @throws when there is none */
export async function startMysql(): Promise<MysqlServer> {
  const url = process.env[MYSQL_URL];
  if (url !== undefined) return announce(placeOf(url), `given by ${MYSQL_URL}`, async () => {});
  return (await startInContainer()) ?? (await startOnThisMachine());
}

/** Whether this machine can have a server at all: the reason if not. Starts nothing. */
export async function whyNoMysql(): Promise<string | undefined> {
  if (process.env[MYSQL_URL] !== undefined || hasProgram()) return undefined;
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => undefined,
    () => NO_PROGRAM,
  );
}

/** Makes an empty database on the server of this run, or on the given one. */
export async function freshDatabase(given?: { readonly url: string }): Promise<MysqlDatabase> {
  const url = given?.url ?? process.env[MYSQL_URL];
  if (url === undefined) throw new Error(`no MySQL server: ${MYSQL_URL} is not set`);
  const server = placeOf(url);
  const database = `pool_${randomBytes(6).toString('hex')}`;
  await asAdministrator(server, `create database ${database}`);
  return {
    ...placeOf(Object.assign(new URL(url), { pathname: `/${database}` }).href),
    drop: () => asAdministrator(server, `drop database if exists ${database}`),
  };
}

/** Starts a server for one test file alone, by the program of this machine. `settings` are the program's options. */
export async function startPrivateMysql({
  settings = {},
}: { settings?: MysqlSettings } = {}): Promise<PrivateMysql> {
  const server = await MysqlProcess.create(settings);
  const place = placeOf(`mysql://root@127.0.0.1:${server.port}/test`);
  return {
    ...place,
    version: await readVersion(optionsOf(place)),
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    start: () => server.start(),
    restart: async () => {
      await server.stop();
      await server.start();
    },
    kill: () => server.stop({ kill: true }),
    pause: () => server.pause(),
    resume: () => server.resume(),
    remove: () => server.remove(),
  };
}

async function startInContainer(): Promise<MysqlServer | undefined> {
  const image = process.env['POOL_TEST_MYSQL_IMAGE'] ?? IMAGES.mysql;
  const environment = {
    MYSQL_ALLOW_EMPTY_PASSWORD: 'yes',
    MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: 'yes',
    MYSQL_DATABASE: 'test',
    MARIADB_DATABASE: 'test',
  };
  const command = ['--innodb-flush-log-at-trx-commit=0', '--skip-log-bin', '--max-connections=400'];
  const container = await startContainer({ image, port: 3306, environment, command });
  if (container === undefined) return undefined;
  const address = { host: container.getHost(), port: container.getMappedPort(3306) };
  await untilItAnswers(address);
  const place = placeOf(`mysql://root@${address.host}:${address.port}/test`);
  return announce(place, `a container of ${image}`, async () => void (await container.stop()));
}

async function startOnThisMachine(): Promise<MysqlServer> {
  const server = await MysqlProcess.create();
  const place = placeOf(`mysql://root@127.0.0.1:${server.port}/test`);
  return announce(place, `a process of this machine, ${server.path}`, () => server.remove());
}

async function announce(place: MysqlPlace, origin: string, stop: () => Promise<void>): Promise<MysqlServer> {
  const version = await readVersion(optionsOf(place));
  say(`${version} at ${place.address.host}:${place.address.port}, ${origin}`);
  return { ...place, version, stop };
}

function placeOf(href: string): MysqlPlace {
  const url = new URL(href);
  return {
    url: href,
    address: { host: url.hostname, port: Number(url.port || 3306) },
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}

function optionsOf({ address, user, password }: MysqlPlace) {
  return { ...address, user, password };
}

async function asAdministrator(place: MysqlPlace, statement: string): Promise<void> {
  await withConnection(optionsOf(place), (connection) => connection.query(statement));
}
