import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { AdapterPool, TableActions } from '@pool/testbed';
import type { Database } from 'better-sqlite3';
import {
  createSqlitePool,
  type Mode,
  type PoolOptions,
  type Role,
  type SqliteConnection,
} from '../../src/index.ts';
import { run, type AnyPool } from './fixture.ts';

export type Connection = SqliteConnection | Database;

/** One of a pool's two core pools, seen as a pool by itself. */
export interface Part extends AdapterPool<Connection> {
  readonly whole: AnyPool;
}

/** The thread that was started last for each role. */
export const threads: Partial<Record<Role, Worker>> = {};

function createWorker(url: URL, options: WorkerOptions): Worker {
  const thread = new Worker(url, options);
  threads[options.name === 'sqlite-reader' ? 'reader' : 'writer'] = thread;
  return thread;
}

/** Opens the file; `max` is of the readers, there is one writer. */
export function openPart(mode: Mode, role: Role, filename: string, { max = 1, ...pool }: PoolOptions): Part {
  const readers = role === 'reader' ? max : 1;
  const connection = { filename };
  const whole: AnyPool = createSqlitePool({
    connection,
    pool,
    readers,
    createWorker,
    mode: mode as 'worker',
  });
  const intent = role === 'reader' ? 'read' : 'write';
  return {
    whole,
    acquire: (wait) => whole.acquire({ ...wait, intent }),
    use: (work, wait) => whole[intent](work, wait),
    ready: (wait) => whole.ready(wait),
    stats: () => whole.stats()[role]!,
    metrics: () => whole.metrics()[role]!,
    on: (event, listener) => whole.on(event, listener),
    transaction: (work) => whole.transaction(work),
    close: () => whole.close(),
  };
}

/** The columns of all rows, one after the other. */
export async function values(connection: Connection, sql: string, ...params: unknown[]): Promise<unknown[]> {
  const rows =
    'prepare' in connection ? connection.prepare(sql).all(params) : await connection.query(sql, params);
  return (rows as object[]).flatMap((row) => Object.values(row) as unknown[]);
}

/** A table of texts: `CREATE TABLE texts (value)`. */
export const table: TableActions<Connection> = {
  insert: (connection, value) => values(connection, 'INSERT INTO texts VALUES (?) RETURNING value', value),
  values: async (connection) => (await values(connection, 'SELECT value FROM texts')) as string[],
  begin: (connection) => run(connection, 'BEGIN'),
};

const COUNT = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT ?';

export function countTo({ whole }: Part, rows: number): AsyncIterable<unknown> {
  return whole.iterate(COUNT, [rows]);
}
