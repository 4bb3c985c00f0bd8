import { expect, test } from 'vitest';
import { errorOf, fixture, until, valueOf } from '../support/fixture.ts';

const { admin, ask, open, place } = await fixture();
await admin.query('CREATE TABLE effect (n INT)');

const idOf = (info: string): Promise<unknown> =>
  ask(`SELECT id FROM information_schema.processlist WHERE info LIKE '%${info}%' AND id <> CONNECTION_ID()`);

test('F1 F14 F29: an idle connection that the server ends is evicted and replaced; no caller notices', async () => {
  const pool = open({ min: 1, max: 2 });
  const closed: string[] = [];
  const errors: unknown[] = [];
  pool.on('connection:closed', ({ reason }) => closed.push(reason));
  pool.on('error', (event) => errors.push(event));
  const id = await pool.use((c) => c.threadId);
  await admin.query(`KILL ${id}`);
  await until(() => closed.length === 1 && pool.stats().idle === 1);
  expect(await pool.use((c) => c.threadId)).not.toBe(id);
  expect([closed, errors]).toEqual([['lost'], []]);
});

test.each([
  ['a write', "INSERT INTO effect SELECT SLEEP(60) FROM (SELECT 'f2write') AS mark", 'unknown', false],
  ['a read', "SELECT SLEEP(60), 'f2read'", 'read-only', true],
])(
  'F2: %s whose connection the server ends tells its caller what may have happened',
  async (_, sql, outcome, retryable) => {
    const pool = open({ max: 1 });
    const call = errorOf(pool.query(sql));
    const mark = /f2\w+/.exec(sql)![0];
    await until(() => idOf(mark));
    await admin.query(`KILL ${Number(await idOf(mark))}`);
    expect(await call).toMatchObject({ code: 'POOL_CONNECTION_LOST', outcome, retryable });
    expect(await pool.use((c) => valueOf(c, 'SELECT 1'))).toBe(1);
    expect(pool.metrics().counters.closed.lost).toBe(1);
  },
);

test('F2: a transaction that lost its connection before COMMIT is not committed; retries run it again', async () => {
  const pool = open({ max: 1 });
  let runs = 0;
  const work = (losses: number): Promise<unknown> => {
    runs = 0;
    return pool.transaction(
      async (c) => {
        await c.query('INSERT INTO effect VALUES (1)');
        if (++runs <= losses) await admin.query(`KILL ${c.threadId}`);
        await c.query('INSERT INTO effect VALUES (2)');
      },
      { retries: 2 },
    );
  };
  await admin.query('DELETE FROM effect');
  await work(2);
  expect(await ask('SELECT COUNT(*) FROM effect')).toBe(2);
  expect(await errorOf(work(3))).toMatchObject({ code: 'POOL_CONNECTION_LOST', outcome: 'not-committed' });
  expect([runs, await ask('SELECT COUNT(*) FROM effect')]).toEqual([3, 2]);
});

test('P11: a lease whose connection the server ends has ended, and its slot is free', async () => {
  const pool = open({ max: 1 });
  const lease = await pool.acquire();
  await admin.query(`KILL ${lease.connection.threadId}`);
  await until(() => lease.isEnded);
  expect(await pool.use((c) => valueOf(c, 'SELECT DATABASE()'))).toBe(place.database);
  lease.release();
  expect(pool.metrics().counters.misused).toBe(0);
});

test('F26: KILL QUERY from elsewhere fails the statement, and costs no connection', async () => {
  const pool = open({ max: 1 });
  const sql =
    "SELECT COUNT(*), 'f26' FROM information_schema.columns a, information_schema.columns b, information_schema.columns c";
  const call = errorOf(pool.query(sql));
  await until(() => idOf('f26'));
  await admin.query(`KILL QUERY ${Number(await idOf('f26'))}`);
  expect(await call).toHaveProperty('errno', 1317);
  expect(await pool.use((c) => valueOf(c, 'SELECT 1'))).toBe(1);
  expect(pool.metrics().counters.created).toBe(1);
});
