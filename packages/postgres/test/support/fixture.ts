import { freshDatabase } from '@pool/testbed/postgres';
import { Client } from 'pg';
import { afterAll, onTestFinished } from 'vitest';
import {
  createPostgresPool,
  type PostgresPool,
  type PostgresPoolEvents,
  type PostgresPoolOptions,
} from '../../src/index.ts';

/** The database of this test file, on the run's server. */
export const database: Awaited<ReturnType<typeof freshDatabase>> = await freshDatabase();

/** Sees what the pool under test does, without it. */
export const admin: Client = new Client({ connectionString: database.url, application_name: 'admin' });
admin.on('error', () => undefined);
await admin.connect();

afterAll(async () => {
  await admin.end();
  await database.drop();
});

export interface TestPool {
  readonly pool: PostgresPool;
  /** The failures in the background so far, in order. */
  readonly errors: PostgresPoolEvents['error'][];
}

/** A pool on this file's database, closed after the test. */
export function open({ connection = database.url, ...options }: Partial<PostgresPoolOptions> = {}): TestPool {
  const pool = createPostgresPool({ connection, ...options });
  const errors: PostgresPoolEvents['error'][] = [];
  pool.on('error', (payload) => void errors.push(payload));
  onTestFinished(() => pool.close());
  return { pool, errors };
}

/** The database's URL for another user, whose password is his name. */
export function as(user: string): string {
  return Object.assign(new URL(database.url), { username: user, password: user }).href;
}

/** The error of a promise that must not resolve. */
export async function failure<E extends Error = Error & { code?: string }>(
  promise: Promise<unknown>,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    return error as E;
  }
  throw new Error('expected a rejection');
}

/** The single value of a single row. */
export async function value(
  of: { query(text: string, values?: unknown[]): Promise<{ rows: object[] }> },
  text: string,
  values?: unknown[],
): Promise<unknown> {
  const { rows } = await of.query(text, values);
  return Object.values(rows[0]!)[0];
}

/** Waits until it holds; the test's own time limit is what ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
