// vitest's globalSetup: one server for the whole run. The test files find it by its URL.

import { MYSQL_URL, type MysqlServer, startMysql } from './mysql.ts';

let server: MysqlServer | undefined;

export async function setup(): Promise<void> {
  server = await startMysql();
  process.env[MYSQL_URL] = server.url;
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
