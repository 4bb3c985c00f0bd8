import { MYSQL_URL, startMysql, startPrivateMysql } from '@pool/testbed/mysql';
import { createConnection } from 'mysql2/promise';
import type { RestartableServer } from '../database/scenarios/recovery.ts';

const ACCOUNTS = 1000;

/** Starts the server of the run, with the table that is read. Child processes find it in their environment. */
export async function prepareServer(): Promise<() => Promise<void>> {
  const server = await startMysql();
  await prepareTable(server.url);
  process.env[MYSQL_URL] = server.url;
  return () => server.stop();
}

export function urlOfRun(): string {
  const url = process.env[MYSQL_URL];
  if (url === undefined) throw new Error(`no server: ${MYSQL_URL} is not set`);
  return url;
}

export async function startRestartable(): Promise<RestartableServer> {
  return startPrivateMysql();
}

async function prepareTable(url: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query('drop table if exists account');
  await connection.query(
    'create table account (id int primary key, name varchar(40) not null, cents bigint not null)',
  );
  const rows = Array.from({ length: ACCOUNTS }, (_, id) => [id, `account ${id}`, id * 100]);
  await connection.query('insert into account values ?', [rows]);
  await connection.end();
}
