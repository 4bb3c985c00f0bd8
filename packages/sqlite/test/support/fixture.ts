import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import {
  createSqlitePool,
  type Mode,
  type SqliteConnection,
  type SqlitePool,
  type SqlitePoolOptions,
} from '../../src/index.ts';

export const MODES: readonly Mode[] = ['worker', 'inline'];

export type AnyPool = SqlitePool<SqliteConnection | Database>;

/** A directory that is gone after the test. */
export function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'pool-sqlite-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function file(): string {
  return join(directory(), 'test.db');
}

type Given = Partial<SqlitePoolOptions> & { filename?: string };

/** A pool on a fresh file, closed after the test. */
export function pool(mode: 'worker', given?: Given): SqlitePool<SqliteConnection>;
export function pool(mode: 'inline', given?: Given): SqlitePool<Database>;
export function pool(mode: Mode, given?: Given): AnyPool;
export function pool(mode: Mode, { filename = file(), ...options }: Given = {}): AnyPool {
  const made = createSqlitePool({ connection: { filename }, ...options, mode: mode as 'worker' });
  onTestFinished(() => made.close());
  // Listened to, a failure in the background is no warning on the console.
  made.on('error', () => undefined);
  return made;
}

/** With a table `t (id INTEGER PRIMARY KEY, v UNIQUE)`. */
export async function poolWithTable(mode: Mode, given?: Given): Promise<AnyPool> {
  const made = pool(mode, given);
  await made.query('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE)');
  return made;
}

/** Runs one statement on a borrowed connection, whichever mode it is of. */
export async function run(connection: SqliteConnection | Database, sql: string): Promise<unknown> {
  return 'prepare' in connection ? connection.exec(sql) : connection.exec(sql);
}

export async function values(from: AnyPool): Promise<unknown[]> {
  const rows = await from.query<{ v: string }>('SELECT v FROM t ORDER BY id');
  return rows.map((row) => row.v);
}

export function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: Error) => error,
  );
}
