// Owns results that are read bit by bit: a cursor on the server, and the lease that it needs until the loop ends.
import { CallDeadline, OptionError } from '@pool/core';
import Cursor from 'pg-cursor';
import { sessionOf } from './pooled-client.ts';
import type { Routes } from './replicas.ts';
import { clientOf, explain, type QueryOptions } from './statements.ts';

export interface StreamOptions extends QueryOptions {
  /** Rows fetched at once. @defaultValue 100 */
  batchSize?: number | undefined;
  /** `array`: each row is an array of its values. @defaultValue an object of its columns */
  rowMode?: 'array' | undefined;
  /** Milliseconds for the whole of it, the loop's own work included. */
  timeoutMs?: number | undefined;
}

const BATCH_SIZE = 100;

/** Yields batches of rows, each fetched when the one before is used up. */
export async function* readBatches(
  routes: Routes,
  { text, values, options }: { text: string; values: unknown[] | undefined; options: StreamOptions },
): AsyncGenerator<unknown[], void, undefined> {
  const { readOnly, batchSize = BATCH_SIZE, rowMode } = options;
  const pool = routes.primary.name;
  const deadline = new CallDeadline(pool, options);
  checkBatchSize(pool, batchSize);
  const lease = await routes.acquire(readOnly, options);
  const client = clientOf(pool, lease);
  const session = sessionOf(client);
  const cursor = client.query(new Cursor(text, values, rowMode === undefined ? {} : { rowMode }));
  const close = (): void => {
    session.isFinishing = true;
    // The server's answer is waited for when the connection is cleaned, which is bounded.
    cursor.close(() => undefined);
  };
  let hasLeft = false;
  const interrupt = (reason: unknown): void => {
    hasLeft = true;
    session.interrupt(reason);
    close();
  };
  // Has the portal been closed: by the last row, by an error, or by us.
  let isClosed = false;
  try {
    while (!isClosed) {
      const rows: unknown[] = await deadline.bound(cursor.read(batchSize), interrupt);
      isClosed = rows.length < batchSize;
      if (rows.length > 0) yield rows;
    }
  } catch (error) {
    isClosed = true;
    throw hasLeft ? error : explain(pool, error, { client, readOnly });
  } finally {
    if (!isClosed) close();
    if (!lease.isEnded) lease.release();
  }
}

function checkBatchSize(pool: string, batchSize: number): void {
  if (Number.isSafeInteger(batchSize) && batchSize >= 1) return;
  const expected = 'an integer of at least 1';
  throw new OptionError({ pool, option: 'batchSize', received: batchSize, expected });
}

/** Yields rows one by one. */
export async function* readRows(
  routes: Routes,
  statement: { text: string; values: unknown[] | undefined; options: StreamOptions },
): AsyncGenerator<unknown, void, undefined> {
  for await (const rows of readBatches(routes, statement)) yield* rows;
}
