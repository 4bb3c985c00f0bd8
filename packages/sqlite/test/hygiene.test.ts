import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directory, failure, MODES, poolWithTable, run, values, type AnyPool } from './support/fixture.ts';

const closed = (db: AnyPool): number => db.metrics().writer!.counters.closed.reset;

describe.each(MODES)('%s mode', (mode) => {
  it('a transaction left open is rolled back, counted and reported; the connection stays', async () => {
    const db = await poolWithTable(mode);
    const roles: string[] = [];
    db.on('transaction:abandoned', ({ role }) => roles.push(role));
    await db.write((connection) => run(connection, "BEGIN; INSERT INTO t (v) VALUES ('a')"));
    expect(await values(db)).toEqual([]);
    await db.run("INSERT INTO t (v) VALUES ('b')");
    expect(await values(db)).toEqual(['b']);
    expect(roles).toEqual(['writer']);
    expect(db.metrics().sqlite.abandonedTransactions).toBe(1);
    expect(closed(db)).toBe(0);
  });

  it.each([
    ['a temporary table', 'CREATE TEMP TABLE mine (v)', 'SELECT * FROM mine'],
    [
      'an attached database',
      `ATTACH '${join('/nowhere', '..')}' AS other`,
      'SELECT * FROM other.sqlite_schema',
    ],
  ])('%s does not reach the next borrower', async (_, sql, probe) => {
    const db = await poolWithTable(mode);
    const soil = sql.replace(join('/nowhere', '..'), join(directory(), 'other.db'));
    await db.write((connection) => run(connection, soil));
    expect(await failure(db.write((connection) => run(connection, probe)))).toMatchObject({
      code: 'SQLITE_ERROR',
    });
    expect(closed(db)).toBe(1);
  });

  it('a changed pragma does not reach the next borrower', async () => {
    const db = await poolWithTable(mode);
    await db.query('CREATE TABLE child (parent INTEGER REFERENCES t (id))');
    await db.write((connection) => run(connection, 'PRAGMA foreign_keys = OFF'));
    expect(await failure(db.run('INSERT INTO child VALUES (99)'))).toMatchObject({
      code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
    });
    expect(closed(db)).toBe(1);
  });

  it('a lease that left nothing behind costs no reset', async () => {
    const db = await poolWithTable(mode);
    await db.transaction((connection) => run(connection, "INSERT INTO t (v) VALUES ('a')"));
    expect(closed(db)).toBe(0);
    expect(db.metrics().writer!.counters.created).toBe(1);
  });

  it('the pragmas of the options are set on every connection', async () => {
    const db = await poolWithTable(mode, { pragmas: { recursive_triggers: true, cache_size: -123 } });
    for (const use of [db.query('PRAGMA cache_size'), db.query('SELECT * FROM pragma_cache_size')]) {
      expect(await use).toEqual([{ cache_size: -123 }]);
    }
    await db.write(async (connection) => {
      const row =
        'prepare' in connection
          ? connection.pragma('recursive_triggers')
          : await connection.query('PRAGMA recursive_triggers');
      expect(row).toEqual([{ recursive_triggers: 1 }]);
    });
  });

  it('durability decides about synchronous', async () => {
    for (const [durability, synchronous] of [
      ['normal', 1],
      ['full', 2],
    ] as const) {
      const db = await poolWithTable(mode, { durability });
      expect(await db.batch([{ sql: 'PRAGMA synchronous' }])).toEqual([[{ synchronous }]]);
    }
  });
});

it('an iteration left open in a worker is closed at release', async () => {
  const db = await poolWithTable('worker');
  await db.batch(
    Array.from({ length: 600 }, (_, n) => ({ sql: 'INSERT INTO t (v) VALUES (?)', params: [`${n}`] })),
  );
  await db.write(async (connection) => {
    if (!('prepare' in connection)) await connection.iterate('SELECT * FROM t').next();
  });
  await db.run("INSERT INTO t (v) VALUES ('next')");
  expect(closed(db)).toBe(0);
});

it('what a borrower forgot to await is over before the next one begins', async () => {
  const db = await poolWithTable('worker');
  let forgotten: Promise<unknown> = Promise.resolve();
  await db.write((connection) => {
    forgotten = run(connection, "INSERT INTO t (v) VALUES ('forgotten')");
  });
  await db.run("INSERT INTO t (v) VALUES ('next')");
  await forgotten;
  expect(await values(db)).toEqual(['forgotten', 'next']);
});
