import { freshDatabase, type MysqlPlace } from '@pool/testbed/mysql';
import type { PoolOptions } from '@pool/core';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, onTestFinished } from 'vitest';
import { createMysqlPool, type MysqlPool, type MysqlPoolOptions } from '../../src/index.ts';

/** What the tests of one file use: a database of its own, and a connection to look at the server from outside of any pool. */
export interface Fixture {
  readonly place: MysqlPlace;
  readonly admin: Connection;
  readonly isMariaDb: boolean;
  /** A pool that ends with its test. */
  open(pool?: PoolOptions, options?: Partial<MysqlPoolOptions>): MysqlPool;
  /** One column of the first row. */
  ask(sql: string): Promise<unknown>;
}

export async function fixture(): Promise<Fixture> {
  const place = await freshDatabase();
  const admin = await mysql.createConnection(place.url);
  afterAll(async () => {
    await admin.end();
    await place.drop();
  });
  const ask = (sql: string): Promise<unknown> => valueOf(admin, sql);
  const isMariaDb = String(await ask('SELECT VERSION()')).includes('MariaDB');
  return { place, admin, isMariaDb, ask, open: (pool, options) => openPool(place, pool, options) };
}

export function openPool(
  place: { readonly url: string },
  pool: PoolOptions = {},
  options: Partial<MysqlPoolOptions> = {},
): MysqlPool {
  const opened = createMysqlPool({ connection: place.url, pool, ...options });
  // What is reported is looked at by the tests that are about it.
  opened.on('error', () => {});
  onTestFinished(() => opened.close());
  return opened;
}

type Queryable = Pick<Connection, 'query'>;

/** One column of the first row. */
export async function valueOf(connection: Queryable, sql: string, values?: unknown[]): Promise<unknown> {
  return (await valuesOf(connection, sql, values))[0];
}

/** One column of all rows. */
export async function valuesOf(connection: Queryable, sql: string, values?: unknown[]): Promise<unknown[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, values);
  return rows.map((row) => Object.values(row)[0]);
}

/** A query of so many rows: their column `i` counts from 1. */
export function countTo(rows: number): string {
  return `WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n`;
}

/** Waits for a condition, however long a busy machine takes; the test's own time limit ends it. */
export async function until(condition: () => unknown): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** What the promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return promise.then(
    () => {
      throw new Error('it was expected to fail');
    },
    (error: Error & Record<string, unknown>) => error,
  );
}
