// Owns results that are read bit by bit: a cursor on the server, and the lease that it needs until the loop ends.
import { CallDeadline, OptionError } from '@pool/core';
import type { Client } from 'pg';
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

interface Reading {
  readonly text: string;
  readonly values: unknown[] | undefined;
  readonly options: StreamOptions;
}

/** Yields batches of rows, each fetched when the one before is used up. */
export async function* readBatches(
  routes: Routes,
  reading: Reading,
): AsyncGenerator<unknown[], void, undefined> {
  const { options } = reading;
  const pool = routes.primary.name;
  const deadline = new CallDeadline(pool, options);
  checkBatchSize(pool, options.batchSize);
  const lease = await routes.acquire(options.readOnly, options);
  try {
    yield* readFrom(clientOf(pool, lease), { ...reading, pool, deadline });
  } finally {
    if (!lease.isEnded) lease.release();
  }
}

async function* readFrom(
  client: Client,
  { text, values, options, pool, deadline }: Reading & { pool: string; deadline: CallDeadline },
): AsyncGenerator<unknown[], void, undefined> {
  const { readOnly, batchSize = BATCH_SIZE, rowMode } = options;
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
  }
}

function checkBatchSize(pool: string, batchSize = BATCH_SIZE): void {
  if (Number.isSafeInteger(batchSize) && batchSize >= 1) return;
  const expected = 'an integer of at least 1';
  throw new OptionError({ pool, option: 'batchSize', received: batchSize, expected });
}

/** Yields rows one by one. */
export async function* readRows(routes: Routes, reading: Reading): AsyncGenerator<unknown, void, undefined> {
  for await (const rows of readBatches(routes, reading)) yield* rows;
}
