import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { RunResult } from 'better-sqlite3';
import { createSqlitePool, type SqliteConnection, type SqlitePool } from '../src/index.ts';
import { directory, failure, file, MODES, pool, poolWithTable, run, values } from './support/fixture.ts';

describe.each(MODES)('%s mode', (mode) => {
  it('query gives all rows of a statement that reads, as better-sqlite3 does', async () => {
    const db = await poolWithTable(mode);
    await db.run('INSERT INTO t (v) VALUES (?)', ['a']);
    await db.run('INSERT INTO t (v) VALUES (:v)', { v: 'b' });
    expect(await db.query('SELECT * FROM t WHERE id > ? ORDER BY id', [0])).toEqual([
      { id: 1, v: 'a' },
      { id: 2, v: 'b' },
    ]);
    expect(await db.query('SELECT * FROM t WHERE v = :v', { v: 'none' })).toEqual([]);
  });

  it('run gives { changes, lastInsertRowid }, and so does query of a statement without rows', async () => {
    const db = await poolWithTable(mode);
    expect(await db.run('INSERT INTO t (v) VALUES (?)', ['a'])).toEqual({ changes: 1, lastInsertRowid: 1 });
    expect(await db.query<RunResult>("INSERT INTO t (v) VALUES ('b')")).toEqual({
      changes: 1,
      lastInsertRowid: 2,
    });
    expect(await db.query("INSERT INTO t (v) VALUES ('c') RETURNING v")).toEqual([{ v: 'c' }]);
  });

  it('blobs, big integers, floats and null come back as they went in', async () => {
    const db = pool(mode);
    const blob = Buffer.from([0, 1, 255]);
    const [row] = await db.query('SELECT ? AS blob, ? AS big, ? AS float, ? AS none', [
      blob,
      2n ** 40n,
      1.5,
      null,
    ]);
    expect(row).toEqual({ blob, big: 2 ** 40, float: 1.5, none: null });
    expect(Buffer.isBuffer(row?.['blob'])).toBe(true);
  });

  it('an error of SQLite comes as a SqliteError with its code, and costs no connection', async () => {
    const db = await poolWithTable(mode);
    const syntax = await failure(db.query('SELEKT 1'));
    expect(syntax).toBeInstanceOf(Database.SqliteError);
    expect(syntax).toMatchObject({
      name: 'SqliteError',
      code: 'SQLITE_ERROR',
      message: 'near "SELEKT": syntax error',
    });
    await db.run("INSERT INTO t (v) VALUES ('a')");
    expect(await failure(db.run("INSERT INTO t (v) VALUES ('a')"))).toMatchObject({
      code: 'SQLITE_CONSTRAINT_UNIQUE',
    });
    expect(await failure(db.query('SELECT ?', [{}]))).toBeInstanceOf(TypeError);
    expect(await failure(db.query('SELECT ?', [() => 1]))).toBeInstanceOf(Error);
    expect(db.metrics().reader.counters.created + db.metrics().writer!.counters.created).toBe(2);
  });

  it('batch commits all statements, or none', async () => {
    const db = await poolWithTable(mode);
    const results = await db.batch([
      { sql: 'INSERT INTO t (v) VALUES (?)', params: ['a'] },
      { sql: 'SELECT count(*) AS n FROM t' },
    ]);
    expect(results).toEqual([{ changes: 1, lastInsertRowid: 1 }, [{ n: 1 }]]);
    const twice = { sql: "INSERT INTO t (v) VALUES ('b')" };
    expect(await failure(db.batch([twice, twice]))).toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' });
    expect(await values(db)).toEqual(['a']);
  });

  it('transaction commits what the work did, and gives its result', async () => {
    const db = await poolWithTable(mode);
    const result = await db.transaction(async (connection) => {
      await run(connection, "INSERT INTO t (v) VALUES ('a')");
      expect(await values(db)).toEqual([]);
      return 42;
    });
    expect(result).toBe(42);
    expect(await values(db)).toEqual(['a']);
  });

  it('transaction rolls back when the work throws, and throws the same error', async () => {
    const db = await poolWithTable(mode);
    const mistake = new Error('mistake');
    const work = db.transaction(async (connection) => {
      await run(connection, "INSERT INTO t (v) VALUES ('a')");
      throw mistake;
    });
    expect(await failure(work)).toBe(mistake);
    expect(await values(db)).toEqual([]);
    expect(db.metrics().sqlite.abandonedTransactions).toBe(0);
  });

  it('a savepoint undoes only what it did itself', async () => {
    const db = await poolWithTable(mode);
    await db.transaction(async (connection, savepoint) => {
      await run(connection, "INSERT INTO t (v) VALUES ('kept')");
      const undone = savepoint(async () => {
        await run(connection, "INSERT INTO t (v) VALUES ('undone')");
        await savepoint(() => run(connection, "INSERT INTO t (v) VALUES ('inner')"));
        throw new Error('only here');
      });
      await failure(undone);
      await savepoint(() => run(connection, "INSERT INTO t (v) VALUES ('also kept')"));
    });
    expect(await values(db)).toEqual(['kept', 'also kept']);
  });

  it('a readOnly transaction sees one snapshot, and cannot write', async () => {
    const db = await poolWithTable(mode);
    await db.transaction(
      async (connection) => {
        const count = async (): Promise<unknown> =>
          'prepare' in connection
            ? connection.prepare('SELECT count(*) AS n FROM t').get()
            : connection.get('SELECT count(*) AS n FROM t');
        const before = await count();
        await db.run("INSERT INTO t (v) VALUES ('later')");
        expect(await count()).toEqual(before);
        await expect(run(connection, 'DELETE FROM t')).rejects.toMatchObject({ code: /^SQLITE_READONLY/ });
      },
      { readOnly: true },
    );
    expect(await values(db)).toEqual(['later']);
  });

  it('transactions, leases and one-shot writes take the writer in the order in which they came', async () => {
    const db = await poolWithTable(mode);
    const insert = (v: string): Promise<unknown> => db.run('INSERT INTO t (v) VALUES (?)', [v]);
    const interactive = (v: string): Promise<unknown> =>
      db.transaction((connection) => run(connection, `INSERT INTO t (v) VALUES ('${v}')`));
    await Promise.all([
      interactive('1'),
      insert('2'),
      insert('3'),
      interactive('4'),
      insert('5'),
      interactive('6'),
    ]);
    expect(await values(db)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('16 writers at once never see SQLITE_BUSY', async () => {
    const db = await poolWithTable(mode);
    const writer = async (name: number): Promise<void> => {
      for (let n = 0; n < 20; n++) {
        if (n % 2 === 0) await db.run('INSERT INTO t (v) VALUES (?)', [`${name}/${n}`]);
        else
          await db.transaction((connection) => run(connection, `INSERT INTO t (v) VALUES ('${name}/${n}')`));
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, name) => writer(name)));
    expect(await db.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 320 }]);
    expect(db.metrics().sqlite.lockWaits).toBe(0);
  });

  it('acquire lends the writer, or a reader when that is the intent', async () => {
    const db = await poolWithTable(mode);
    await using writer = await db.acquire({ label: 'mine' });
    await run(writer.connection, "INSERT INTO t (v) VALUES ('a')");
    const reader = await db.acquire({ intent: 'read' });
    expect(db.stats()).toMatchObject({ reader: { leased: 1 }, writer: { leased: 1 } });
    await expect(run(reader.connection, 'DELETE FROM t')).rejects.toMatchObject({ code: /^SQLITE_READONLY/ });
    reader.release();
    expect(reader.isEnded).toBe(true);
    expect(() => reader.connection).toThrow(expect.objectContaining({ code: 'POOL_LEASE_ENDED' }));
  });

  it('backup copies what is committed, while a writer is at it', async () => {
    const db = await poolWithTable(mode);
    await db.batch(
      Array.from({ length: 500 }, (_, n) => ({
        sql: 'INSERT INTO t (v) VALUES (?)',
        params: [`${n}`.padEnd(500)],
      })),
    );
    const target = join(directory(), 'copy.db');
    const backup = { isDone: false };
    const writing = (async () => {
      for (let n = 0; !backup.isDone; n++) await db.run('INSERT INTO t (v) VALUES (?)', [`meanwhile ${n}`]);
    })();
    expect(await db.backup(target)).toMatchObject({ remainingPages: 0 });
    backup.isDone = true;
    await writing;
    const copy = new Database(target, { readonly: true });
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copy.prepare('SELECT count(*) AS n FROM t').get()).toMatchObject({
      n: expect.toSatisfy((n) => n >= 500),
    });
    copy.close();
  });

  it('backup refuses the file of a pool', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename });
    expect(await failure(db.backup(filename))).toMatchObject({ code: 'POOL_INVALID_OPTION' });
  });

  it('checkpoint empties the log, once no reader is leased', async () => {
    const db = await poolWithTable(mode);
    await db.run("INSERT INTO t (v) VALUES ('a')");
    expect(db.metrics().sqlite.walBytes).toBeGreaterThan(0);
    expect(await db.checkpoint()).toMatchObject({ busy: 0, mode: 'TRUNCATE' });
    expect(db.metrics().sqlite.walBytes).toBe(0);
    expect(await db.query('SELECT v FROM t')).toEqual([{ v: 'a' }]);
  });

  it('checkpoint is PASSIVE, and says so, while a reader keeps its snapshot', async () => {
    const db = await poolWithTable(mode, { readers: 2 });
    const lease = await db.acquire({ intent: 'read' });
    await run(lease.connection, 'BEGIN; SELECT * FROM t');
    await db.run("INSERT INTO t (v) VALUES ('a')");
    const answer = await db.checkpoint();
    expect(answer.mode).toBe('PASSIVE');
    expect(db.metrics().sqlite.walBytes).toBeGreaterThan(0);
    lease.release();
  });

  it('close leaves one file and refuses what comes later', async () => {
    const filename = file();
    const db = await poolWithTable(mode, { filename });
    await db.query('SELECT 1');
    await db.close();
    expect([existsSync(filename), existsSync(`${filename}-wal`), existsSync(`${filename}-shm`)]).toEqual([
      true,
      false,
      false,
    ]);
    for (const late of [
      db.query('SELECT 1'),
      db.run('DELETE FROM t'),
      db.ready(),
      db.backup(`${filename}.copy`),
    ]) {
      expect(await failure(late)).toMatchObject({ code: 'POOL_CLOSED' });
    }
  });

  it('events of both core pools tell their role', async () => {
    const db = pool(mode);
    const roles: string[] = [];
    const stop = db.on('connection:created', ({ role }) => roles.push(role));
    await db.ready();
    stop();
    expect(roles).toEqual(['writer', 'reader']);
  });

  it('timeoutMs and signal end the waiting for the writer', async () => {
    const db = await poolWithTable(mode);
    const lease = await db.acquire();
    const abort = new AbortController();
    const reason = new Error('not needed any more');
    const waiting = [
      failure(db.run("INSERT INTO t (v) VALUES ('late')", [], { timeoutMs: 20 })),
      failure(db.transaction(() => 1, { timeoutMs: 20 })),
      failure(db.batch([], { timeoutMs: 20 })),
    ];
    const aborted = [
      failure(db.run("INSERT INTO t (v) VALUES ('aborted')", [], { signal: abort.signal })),
      failure(db.write(() => 1, { signal: abort.signal })),
    ];
    abort.abort(reason);
    for (const error of await Promise.all(aborted)) expect(error).toBe(reason);
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT' });
    lease.release();
    expect(await values(db)).toEqual([]);
  });
});

it('the mode decides what is lent', async () => {
  const filename = file();
  const worker = createSqlitePool({ connection: { filename } });
  expectTypeOf(worker).toEqualTypeOf<SqlitePool<SqliteConnection>>();
  await worker.close();
  const inline = createSqlitePool({ connection: { filename }, mode: 'inline' });
  expectTypeOf(inline).toEqualTypeOf<SqlitePool<Database.Database>>();
  expect(await inline.read((connection) => connection)).toBeInstanceOf(Database);
  expectTypeOf(inline.query<{ a: number }>('SELECT 1 AS a')).resolves.toEqualTypeOf<{ a: number }[]>();
  await inline.close();
});

it('what is kept of a worker connection beyond its lease throws', async () => {
  const db = await poolWithTable('worker');
  const kept = await db.write((connection) => connection);
  expect(await failure((kept as SqliteConnection).run('DELETE FROM t'))).toMatchObject({
    code: 'POOL_LEASE_ENDED',
  });
});

it('a worker connection has get, exec, iterate and nested transactions of its own', async () => {
  const db = pool('worker');
  await db.write(async (connection) => {
    await connection.exec('CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)');
    await connection.transaction(async () => {
      await connection.run('INSERT INTO t VALUES (3)');
      await failure(
        connection.transaction(async () => {
          await connection.run('INSERT INTO t VALUES (4)');
          throw new Error('inner');
        }),
      );
    });
    expect(await connection.get('SELECT sum(v) AS total FROM t')).toEqual({ total: 6 });
    const seen: unknown[] = [];
    for await (const row of connection.iterate<{ v: number }>('SELECT v FROM t')) seen.push(row.v);
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe(':memory:', () => {
  it('has one connection that reads and writes, and keeps its data while the pool is open', async () => {
    const db = await poolWithTable('inline', { filename: ':memory:' });
    await db.run("INSERT INTO t (v) VALUES ('a')");
    await db.transaction((connection) => run(connection, "INSERT INTO t (v) VALUES ('b')"));
    expect(await values(db)).toEqual(['a', 'b']);
    expect(db.stats().reader).toEqual(db.stats().writer);
    const copy = join(directory(), 'copy.db');
    await db.backup(copy);
    expect(new Database(copy).prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2 });
    await db.checkpoint();
  });
});

describe('readonly', () => {
  it.each(MODES)('%s mode reads an existing file, and says that nothing can be written', async (mode) => {
    const filename = file();
    new Database(filename).exec('CREATE TABLE t (v); INSERT INTO t VALUES (1)').close();
    const db = pool(mode, { filename, connection: { filename, readonly: true } });
    await db.ready();
    expect(await db.query('SELECT v FROM t')).toEqual([{ v: 1 }]);
    expect((await failure(db.run('DELETE FROM t'))).message).toContain('connection.readonly');
    expect((await failure(db.transaction(() => 1))).message).toContain('connection.readonly');
    expect(db.stats().writer).toBeUndefined();
  });
});
