import { describe, expect, it } from 'vitest';
import { failure, MODES, poolWithTable, type AnyPool } from './support/fixture.ts';

/** Which pools lent a connection for it. */
async function route(db: AnyPool, work: () => Promise<unknown>): Promise<string[]> {
  const roles: string[] = [];
  const stop = db.on('lease:acquired', ({ role }) => roles.push(role));
  await work();
  stop();
  return roles;
}

describe.each(MODES)('%s mode', (mode) => {
  it.each([
    ['SELECT * FROM t', ['reader']],
    ['  -- a comment\n/* and another */ select 1', ['reader']],
    ['WITH x AS (SELECT 1) SELECT * FROM x', ['reader']],
    ['EXPLAIN QUERY PLAN SELECT * FROM t', ['reader']],
    ['PRAGMA table_info(t)', ['reader']],
    ["INSERT INTO t (v) VALUES ('a')", ['writer']],
    ["UPDATE t SET v = 'b' RETURNING *", ['writer']],
    ['CREATE INDEX i ON t (v)', ['writer']],
    ['REINDEX', ['writer']],
  ])('%s', async (sql, expected) => {
    const db = await poolWithTable(mode);
    expect(await route(db, () => db.query(sql))).toEqual(expected);
  });

  it('what looks like reading but writes is asked about once, and done once', async () => {
    const db = await poolWithTable(mode);
    const sql = "WITH x AS (SELECT 'a' || (SELECT count(*) FROM t) AS v) INSERT INTO t (v) SELECT v FROM x";
    expect(await route(db, () => db.query(sql))).toEqual(['reader', 'writer']);
    expect(await route(db, () => db.query(sql))).toEqual(['writer']);
    expect(await db.query('SELECT v FROM t')).toEqual([{ v: 'a0' }, { v: 'a1' }]);
  });

  it.each(['BEGIN', 'COMMIT', 'END', 'ROLLBACK', 'SAVEPOINT a', 'RELEASE a', 'begin immediate'])(
    '%s in one shot is refused, and names transaction()',
    async (sql) => {
      const db = await poolWithTable(mode);
      for (const call of [db.query(sql), db.run(sql), db.batch([{ sql }]), db.iterate(sql).next()]) {
        expect(await failure(call)).toMatchObject({
          code: 'POOL_INVALID_OPTION',
          message: /transaction\(\)/,
        });
      }
    },
  );

  it('ATTACH in one shot is refused, and names acquire()', async () => {
    const db = await poolWithTable(mode);
    expect((await failure(db.query("ATTACH 'x.db' AS x"))).message).toContain('acquire()');
  });

  it('a reader sees a write as soon as it has been acknowledged', async () => {
    const db = await poolWithTable(mode);
    for (let n = 1; n <= 50; n++) {
      await db.run('INSERT INTO t (v) VALUES (?)', [`${n}`]);
      expect(await db.query('SELECT count(*) AS n FROM t')).toEqual([{ n }]);
    }
  });
});
