import { renameSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { start } from './support/child.ts';
import { failure, file, MODES, pool, poolWithTable, run, values } from './support/fixture.ts';

/** Keeps the threads, so that a test can end them. */
function workers(): { started: Worker[]; createWorker: (url: URL, options: WorkerOptions) => Worker } {
  const started: Worker[] = [];
  const createWorker = (url: URL, options: WorkerOptions): Worker => {
    const worker = new Worker(url, options);
    started.push(worker);
    return worker;
  };
  return { started, createWorker };
}

const misplaced = (_: URL, options: WorkerOptions): Worker =>
  new Worker(new URL('file:///nowhere/worker.js'), options);

describe.each(MODES)('%s mode', (mode) => {
  it('a process with an idle pool ends by itself', async () => {
    const child = start(new URL('./support/idle-pool.ts', import.meta.url), [file(), mode]);
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(['idle']);
  });

  it('close waits for a lease, and cuts the one that does not end', async () => {
    const db = await poolWithTable(mode, { pool: { closeGraceMs: 50 } });
    const lost: unknown[] = [];
    db.on('error', ({ error }) => lost.push((error as { code?: string }).code));
    const lease = await db.acquire();
    await run(lease.connection, "BEGIN; INSERT INTO t (v) VALUES ('never committed')");
    await db.close();
    expect(lost).toContain('POOL_CLOSE_TIMEOUT');
    expect(() => lease.connection).toThrow(expect.objectContaining({ code: 'POOL_LEASE_ENDED' }));
  });

  it('close is one promise, and the file is free for another pool after it', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename });
    expect(db.close()).toBe(db.close());
    await db.close();
    expect(await values(pool(mode, { filename }))).toEqual([]);
  });

  it('a file that was replaced under the pool is noticed before the next lease', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename, pool: { validateAfterIdleMs: 0 } });
    renameSync(filename, `${filename}.old`);
    new Database(filename).exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)').close();
    // Idle for a moment: what was used in this very turn of the event loop is not asked about again.
    await pause(5);
    await db.run("INSERT INTO t (v) VALUES ('in the new file')");
    expect(db.metrics().writer!.counters.closed.invalid).toBe(1);
    expect(await values(db)).toEqual(['in the new file']);
  });
});

it('a worker that ends while idle is replaced', async () => {
  const { started, createWorker } = workers();
  const db = await poolWithTable('worker', { createWorker, readers: 1 });
  await values(db);
  for (const worker of started.slice()) await worker.terminate();
  await db.run("INSERT INTO t (v) VALUES ('a')");
  expect(await values(db)).toEqual(['a']);
  expect(started.length).toBe(4);
  expect(db.metrics().writer!.counters.closed.lost).toBe(1);
});

it('a worker that ends during a transaction fails it, rolls it back, and frees the lock', async () => {
  const { started, createWorker } = workers();
  const db = await poolWithTable('worker', { createWorker });
  const work = db.transaction(async (connection) => {
    await run(connection, "INSERT INTO t (v) VALUES ('lost')");
    await started[0]!.terminate();
    await run(connection, "INSERT INTO t (v) VALUES ('never')");
  });
  expect(await failure(work)).toBeInstanceOf(Error);
  await db.run("INSERT INTO t (v) VALUES ('a')");
  expect(await values(db)).toEqual(['a']);
});

it('a worker that ends during a statement fails its caller with SQLITE_WORKER_LOST', async () => {
  const { started, createWorker } = workers();
  const db = await poolWithTable('worker', { createWorker, readers: 1 });
  await values(db);
  const endless =
    'WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT sum(i) FROM n';
  const query = failure(db.query(endless));
  const exits = once(started[1]!, 'exit');
  await started[1]!.terminate();
  await exits;
  expect(await query).toMatchObject({ code: expect.stringMatching(/SQLITE_WORKER_LOST/) });
  expect(await values(db)).toEqual([]);
});

it('an aborted query rejects at once, and its reader is lent again once SQLite has answered', async () => {
  const db = pool('worker', { readers: 1 });
  await db.ready();
  const abort = new AbortController();
  const slow =
    'WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT sum(i) FROM n';
  const query = failure(db.query(slow, [], { signal: abort.signal }));
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error('not needed'));
  expect((await query).message).toBe('not needed');
  expect(db.stats().reader.leased).toBe(1);
  expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(db.metrics().reader.counters.created).toBe(1);
});

describe('writers: 2', () => {
  it('the spare takes over at once when the writer is lost, and a new spare is opened', async () => {
    const { started, createWorker } = workers();
    const db = await poolWithTable('worker', { createWorker, writers: 2 });
    await expect.poll(() => started.length).toBe(2);
    await started[0]!.terminate();
    await db.run("INSERT INTO t (v) VALUES ('a')");
    await expect.poll(() => started.filter((worker) => worker.threadId > 0).length).toBeGreaterThanOrEqual(2);
    expect(await values(db)).toEqual(['a']);
  });

  it('one writes at a time, and a backup and a passive checkpoint do not wait for it', async () => {
    const filename = file();
    const db = await poolWithTable('worker', { filename, writers: 2 });
    await db.ready();
    const lease = await db.acquire();
    await run(lease.connection, "BEGIN IMMEDIATE; INSERT INTO t (v) VALUES ('a')");
    const waiting = db.run("INSERT INTO t (v) VALUES ('b')");
    expect(await db.checkpoint('PASSIVE')).toMatchObject({ mode: 'PASSIVE' });
    await db.backup(`${filename}.copy`);
    expect(db.stats().writer).toMatchObject({ leased: 1, waiting: 1, size: 1 });
    await run(lease.connection, 'COMMIT');
    lease.release();
    await waiting;
    expect(await values(db)).toEqual(['a', 'b']);
    expect(db.metrics().sqlite.lockWaits).toBe(0);
    await db.close();
  });
});

it('a worker file that cannot be loaded is a clear error, at once', async () => {
  const db = pool('worker', { createWorker: misplaced });
  const error = await failure(db.ready());
  expect(error).toMatchObject({ code: 'POOL_CONNECT_FAILED', cause: { code: 'MODULE_NOT_FOUND' } });
});

it('a file that becomes unusable later is an error, and not a crash', async () => {
  const filename = file();
  const db = pool('worker', { filename });
  writeFileSync(filename, 'this is no database, and much longer than the header of one would be '.repeat(20));
  expect(await failure(db.ready())).toMatchObject({
    code: 'POOL_CONNECT_FAILED',
    cause: { code: 'SQLITE_NOTADB' },
  });
});
