import { describe, expect, it } from 'vitest';
import { failure, MODES, poolWithTable, run, values, type AnyPool } from './support/fixture.ts';

const insert = (db: AnyPool, v: string): Promise<unknown> => db.run('INSERT INTO t (v) VALUES (?)', [v]);

/** Holds the writer until all writes are called, so that they form one group. */
async function together(
  db: AnyPool,
  writes: (() => Promise<unknown>)[],
): Promise<PromiseSettledResult<unknown>[]> {
  const lease = await db.acquire();
  const results = Promise.allSettled(writes.map((write) => write()));
  lease.release();
  return results;
}

const fulfilled = (results: PromiseSettledResult<unknown>[]): boolean[] =>
  results.map(({ status }) => status === 'fulfilled');

describe.each(MODES)('%s mode', (mode) => {
  it('writes that wait together are committed together, each with its own result', async () => {
    const db = await poolWithTable(mode);
    const before = db.metrics().sqlite;
    const results = await together(
      db,
      ['a', 'b', 'c'].map((v) => () => insert(db, v)),
    );
    expect(results.map((result) => (result as PromiseFulfilledResult<unknown>).value)).toEqual([
      { changes: 1, lastInsertRowid: 1 },
      { changes: 1, lastInsertRowid: 2 },
      { changes: 1, lastInsertRowid: 3 },
    ]);
    const { groups, groupedWrites } = db.metrics().sqlite;
    expect([groups - before.groups, groupedWrites - before.groupedWrites]).toEqual([1, 3]);
  });

  it('a constraint fails the one write that breaks it', async () => {
    const db = await poolWithTable(mode);
    const results = await together(
      db,
      ['a', 'b', 'a', 'c'].map((v) => () => insert(db, v)),
    );
    expect(fulfilled(results)).toEqual([true, true, false, true]);
    expect(await values(db)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['RAISE(ROLLBACK)', "INSERT INTO t (v) VALUES ('forbidden')"],
    ['ON CONFLICT ROLLBACK', "INSERT OR ROLLBACK INTO t (v) VALUES ('before')"],
  ])('%s rolls back nobody else', async (_, culprit) => {
    const db = await poolWithTable(mode);
    await db.query(
      `CREATE TRIGGER no BEFORE INSERT ON t WHEN new.v = 'forbidden' BEGIN SELECT RAISE(ROLLBACK, 'no'); END`,
    );
    const writes = [() => insert(db, 'before'), () => db.run(culprit), () => insert(db, 'after')];
    expect(fulfilled(await together(db, writes))).toEqual([true, false, true]);
    expect(await values(db)).toEqual(['before', 'after']);
  });

  it('a deferred constraint, checked at COMMIT, fails only the write that breaks it', async () => {
    const db = await poolWithTable(mode);
    await db.query('CREATE TABLE child (parent INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)');
    const writes = [
      () => insert(db, 'parent'),
      () => db.run('INSERT INTO child VALUES (1)'),
      () => db.run('INSERT INTO child VALUES (99)'),
      () => insert(db, 'other'),
    ];
    const results = await together(db, writes);
    expect(fulfilled(results)).toEqual([true, true, false, true]);
    expect(results[2]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' } });
    expect(await db.query('SELECT parent FROM child')).toEqual([{ parent: 1 }]);
  });

  it('a parameter that cannot be bound fails only its own write', async () => {
    const db = await poolWithTable(mode);
    const unbindable = (): Promise<unknown> => db.run('INSERT INTO t (v) VALUES (?)', [() => 1]);
    expect(fulfilled(await together(db, [() => insert(db, 'a'), unbindable, () => insert(db, 'b')]))).toEqual(
      [true, false, true],
    );
  });

  it('an aborted or timed-out write in the queue never happens, and the others of its group do', async () => {
    const db = await poolWithTable(mode);
    const abort = new AbortController();
    const lease = await db.acquire();
    const kept = insert(db, 'kept');
    const aborted = failure(db.run("INSERT INTO t (v) VALUES ('aborted')", [], { signal: abort.signal }));
    const late = failure(db.run("INSERT INTO t (v) VALUES ('late')", [], { timeoutMs: 10 }));
    abort.abort(new Error('gone'));
    expect((await aborted).message).toBe('gone');
    expect(await late).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT' });
    lease.release();
    await kept;
    expect(await values(db)).toEqual(['kept']);
  });

  it('a write with time left stays in the queue when the first of its group has none', async () => {
    const db = await poolWithTable(mode);
    const lease = await db.acquire();
    const first = failure(db.run("INSERT INTO t (v) VALUES ('first')", [], { timeoutMs: 10 }));
    const second = db.run("INSERT INTO t (v) VALUES ('second')", [], { timeoutMs: 60_000 });
    expect(await first).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT' });
    lease.release();
    await second;
    expect(await values(db)).toEqual(['second']);
  });

  it('maxWaiting bounds the writes that wait', async () => {
    const db = await poolWithTable(mode, { pool: { maxWaiting: 3 } });
    const lease = await db.acquire();
    const results = Promise.allSettled(['a', 'b', 'c', 'd'].map((v) => insert(db, v)));
    lease.release();
    expect(fulfilled(await results)).toEqual([true, true, true, false]);
    expect((await results)[3]).toMatchObject({ reason: { code: 'POOL_QUEUE_FULL' } });
  });

  it('more writes than one group takes are all committed, in order', async () => {
    const db = await poolWithTable(mode);
    const names = Array.from({ length: 700 }, (_, n) => `${n}`);
    await together(
      db,
      names.map((v) => () => insert(db, v)),
    );
    expect(await values(db)).toEqual(names);
  });

  it('with autoBatch: false each write is committed by itself', async () => {
    const db = await poolWithTable(mode, { autoBatch: false });
    await Promise.all(['a', 'b'].map((v) => insert(db, v)));
    expect(db.metrics().sqlite.groups).toBe(0);
    expect(await values(db)).toEqual(['a', 'b']);
  });

  it('close fails the writes that still wait', async () => {
    const db = await poolWithTable(mode);
    const lease = await db.acquire();
    const waiting = failure(insert(db, 'a'));
    const closing = db.close();
    expect(await waiting).toMatchObject({ code: 'POOL_CLOSED' });
    lease.release();
    await closing;
  });

  it('VACUUM and pragmas work as one-shot writes, since they are not put into a group', async () => {
    const db = await poolWithTable(mode);
    await Promise.all([
      insert(db, 'a'),
      db.query('VACUUM'),
      insert(db, 'b'),
      db.query('PRAGMA user_version = 7'),
    ]);
    expect(await db.query('PRAGMA user_version')).toEqual([{ user_version: 7 }]);
    expect(await values(db)).toEqual(['a', 'b']);
  });
});

it('in a transaction that SQLite has rolled back nothing more is done', async () => {
  const db = await poolWithTable('worker');
  const work = db.transaction(async (connection) => {
    const exec = (sql: string): Promise<unknown> => run(connection, sql);
    await exec("INSERT INTO t (v) VALUES ('a')");
    await failure(exec("INSERT OR ROLLBACK INTO t (v) VALUES ('a')"));
    await exec("INSERT INTO t (v) VALUES ('would be committed by itself')");
  });
  expect(await failure(work)).toMatchObject({ code: 'SQLITE_ABORT_ROLLBACK' });
  expect(await values(db)).toEqual([]);
});
