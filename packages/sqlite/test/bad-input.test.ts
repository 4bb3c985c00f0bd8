import { chmodSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createSqlitePool } from '../src/index.ts';
import { start } from './support/child.ts';
import { directory, failure, file, MODES, pool, poolWithTable } from './support/fixture.ts';

const create = (options: object) => (): unknown => createSqlitePool(options as never);

/** What is wrong with the options, and what the error says. */
const WRONG: readonly (readonly [title: string, options: () => object, says: RegExp])[] = [
  ['no connection', () => ({}), /option connection: expected an object with a filename/],
  ['no filename', () => ({ connection: {} }), /connection\.filename: expected a path/],
  [
    'a missing directory',
    () => ({ connection: { filename: join(directory(), 'no', 'x.db') } }),
    /a directory that exists/,
  ],
  ['a directory', () => ({ connection: { filename: directory() } }), /a file, not a directory/],
  [
    'a missing file that must exist',
    () => ({ connection: { filename: file(), fileMustExist: true } }),
    /a file that exists/,
  ],
  [
    'a missing file to read',
    () => ({ connection: { filename: file(), readonly: true } }),
    /a file that exists/,
  ],
  ['a file: name', () => ({ connection: { filename: 'file:x?mode=memory&cache=shared' } }), /reads no URIs/],
  [
    '3 writers',
    () => ({ connection: { filename: file() }, writers: 3 }),
    /SQLite lets one connection write at a time/,
  ],
  [
    '2 writers inline',
    () => ({ connection: { filename: file() }, writers: 2, mode: 'inline' }),
    /1 in inline mode: .* for ever/,
  ],
  [
    'memory in a worker',
    () => ({ connection: { filename: ':memory:' } }),
    /private to one connection; use mode 'inline'/,
  ],
  [
    'readers in memory',
    () => ({ connection: { filename: ':memory:' }, mode: 'inline', readers: 2 }),
    /option readers/,
  ],
  ['a temporary file in a worker', () => ({ connection: { filename: '' } }), /private to one connection/],
  [
    'eviction in memory',
    () => ({ connection: { filename: ':memory:' }, mode: 'inline', pool: { maxLifetimeMs: 5 } }),
    /maxLifetimeMs: .* loses the database/,
  ],
  [
    'an unknown option',
    () => ({ connection: { filename: file() }, reader: 2 }),
    /option reader: expected one of/,
  ],
  [
    'an unknown option of core',
    () => ({ connection: { filename: file() }, pool: { maximum: 2 } }),
    /option maximum/,
  ],
  ['max', () => ({ connection: { filename: file() }, pool: { max: 2 } }), /use `readers`/],
  ['min', () => ({ connection: { filename: file() }, pool: { min: 2 } }), /option min/],
  [
    'no readers',
    () => ({ connection: { filename: file() }, readers: 0 }),
    /option readers: expected an integer/,
  ],
  ['a wrong mode', () => ({ connection: { filename: file() }, mode: 'thread' }), /'worker' or 'inline'/],
  ['a busy timeout', () => ({ connection: { filename: file(), timeout: 5 } }), /use pool\.acquireTimeoutMs/],
  [
    'verbose in a worker',
    () => ({ connection: { filename: file(), verbose: () => 0 } }),
    /use mode 'inline'/,
  ],
  [
    'a journal mode',
    () => ({ connection: { filename: file() }, pragmas: { journal_mode: 'delete' } }),
    /needs WAL/,
  ],
  [
    'SQL in a pragma',
    () => ({ connection: { filename: file() }, pragmas: { cache_size: '1; DROP TABLE t' } }),
    /one word/,
  ],
];

describe('refused at construction', () => {
  it.each(WRONG)('%s', (_, options, says) => {
    expect(create(options())).toThrow(
      expect.objectContaining({ code: 'POOL_INVALID_OPTION', message: expect.stringMatching(says) }),
    );
  });

  it('a second pool on the same file, under whichever name, until the first is closed', async () => {
    const filename = file();
    const link = `${filename}.link`;
    const db = await poolWithTable('worker', { filename, pool: { name: 'first' } });
    symlinkSync(filename, link);
    for (const name of [filename, link, join(filename, '..', '.', 'test.db')]) {
      expect(create({ connection: { filename: name } })).toThrow(/pool "first" has it/);
    }
    await db.close();
    await createSqlitePool({ connection: { filename: link } }).close();
  });

  it('a file that this process may not write', async () => {
    const folder = directory();
    const filename = join(folder, 'readonly.db');
    new Database(filename).exec('CREATE TABLE t (v)').close();
    chmodSync(filename, 0o444);
    chmodSync(folder, 0o555);
    // Permissions do not hold back the superuser.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const child = start(new URL('./support/open-unwritable.ts', import.meta.url), [filename], nobody);
    expect(await child.saying('refused')).toMatch(
      /^refused POOL_INVALID_OPTION: .* may write, or connection\.readonly/,
    );
    await child.ended;
    chmodSync(folder, 0o755);
  });
});

describe.each(MODES)('%s mode', (mode) => {
  it('what is not a database is told at ready, and to the first caller, at once', async () => {
    const filename = file();
    writeFileSync(
      filename,
      'this is no database, and much longer than the header of one would be '.repeat(20),
    );
    const db = pool(mode, { filename });
    const expected = { code: 'POOL_CONNECT_FAILED', cause: { code: 'SQLITE_NOTADB' } };
    expect(await failure(db.ready())).toMatchObject(expected);
    expect(await failure(db.query('SELECT 1'))).toMatchObject(expected);
    expect(await failure(db.run('CREATE TABLE t (v)'))).toMatchObject(expected);
  });

  it('a directory that vanishes before the first use is told at once', async () => {
    const folder = join(directory(), 'gone');
    mkdirSync(folder);
    const db = pool(mode, { filename: join(folder, 'x.db') });
    rmdirSync(folder);
    expect(await failure(db.ready())).toMatchObject({
      code: 'POOL_CONNECT_FAILED',
      cause: { message: /directory does not exist/ },
    });
  });

  it('a full disk is SQLITE_FULL; reads go on, and writes that need no room too', async () => {
    const db = await poolWithTable(mode, { pragmas: { max_page_count: 30 } });
    const fill = (): Promise<unknown> =>
      db.run('INSERT INTO t (v) VALUES (?)', [`${Math.random()}`.padEnd(20_000, 'x')]);
    const results = await Promise.allSettled(Array.from({ length: 30 }, fill));
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'SQLITE_FULL' });
    const rows = results.length - failed.length;
    expect(await db.query('SELECT count(*) AS n FROM t')).toEqual([{ n: rows }]);
    expect(await db.run('DELETE FROM t')).toMatchObject({ changes: rows });
    await db.run("INSERT INTO t (v) VALUES ('room again')");
  });
});
