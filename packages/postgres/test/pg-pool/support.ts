import { freshDatabase } from '@pool/testbed/postgres';
import { Pool as PgPool } from 'pg';
import type pg from 'pg';
import { afterAll, onTestFinished } from 'vitest';
import { Pool, type PoolConfig } from '../../src/pg-pool.ts';

/** The database of this test file, on the run's server. */
export const database: Awaited<ReturnType<typeof freshDatabase>> = await freshDatabase();

afterAll(() => database.drop());

export type PoolClass = new (config?: PoolConfig) => pg.Pool;

/** What holds for pg-pool holds for ours: the same tests run with both. */
export const BOTH: readonly (readonly [name: string, Pool: PoolClass])[] = [
  ['pg-pool', PgPool as PoolClass],
  ['@pool/postgres/pg-pool', Pool],
];

/** A pool on this file's database, ended after the test. */
export function open<P extends pg.Pool>(PoolOf: new (config?: PoolConfig) => P, config: PoolConfig = {}): P {
  const pool = new PoolOf({ connectionString: database.url, ...config });
  onTestFinished(async () => {
    if (!pool.ending) await pool.end();
  });
  return pool;
}

/** The result of a verb in its callback form. */
export function called<T = unknown>(
  call: (callback: (...results: never[]) => void) => unknown,
): Promise<T[]> {
  return new Promise((resolve) => void call((...results) => resolve(results as T[])));
}

export async function failure(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; cause?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a rejection');
}

/** Waits until it holds; the test's own time limit is what ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
