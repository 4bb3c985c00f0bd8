import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RowDataPacket } from 'mysql2';
import type { MysqlConnection, MysqlPool } from '../src/index.ts';
import { errorOf, fixture, until, valueOf } from './support/fixture.ts';

const { place, admin, ask, open } = await fixture();
await admin.query('CREATE TABLE tally (id INT PRIMARY KEY, n INT NOT NULL)');
await admin.query('INSERT INTO tally VALUES (1, 0), (2, 0)');
const MARK = 'a statement of the cancel tests';
// A comment of mysql2's client reaches the process list; the admin's own question is not counted.
const runningOnServer = async (): Promise<number> =>
  Number(
    await ask(
      `SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%${MARK}%' AND id <> CONNECTION_ID()`,
    ),
  );
const SLEEP = `SELECT SLEEP(60), '${MARK}'`;
/** Runs for ever too, and fails when it is stopped, on both servers. */
const COUNT = `SELECT COUNT(*), '${MARK}' FROM information_schema.columns a, information_schema.columns b, information_schema.columns c, information_schema.columns d`;

describe('a signal', () => {
  test.each([
    ['SLEEP', SLEEP],
    ['a long computation', COUNT],
  ])(
    'stops %s on the server, tells the caller its own reason, and the connection lives on',
    async (_, sql) => {
      const pool = open({ max: 1, resetTimeoutMs: 20_000, acquireTimeoutMs: 20_000 });
      const reason = new Error('the user has left');
      const caller = new AbortController();
      const call = errorOf(pool.query(sql, [], { signal: caller.signal }));
      await until(runningOnServer);
      caller.abort(reason);
      expect(await call).toBe(reason);
      await until(async () => (await runningOnServer()) === 0);
      expect(await pool.use((c) => valueOf(c, 'SELECT 1'))).toBe(1);
      expect(pool.metrics().counters.created).toBe(1);
    },
  );

  test('aborted before the call sends nothing', async () => {
    const pool = open({ max: 1 });
    const signal = AbortSignal.abort(new Error('before'));
    expect(await errorOf(pool.query(SLEEP, [], { signal }))).toBe(signal.reason);
    expect(pool.stats().size).toBe(0);
  });

  test('ends a stream, and its query on the server', async () => {
    const pool = open({ max: 1, resetTimeoutMs: 20_000, acquireTimeoutMs: 20_000 });
    const caller = new AbortController();
    const reason = new Error('enough');
    const loop = async (): Promise<void> => {
      const sql = `SELECT a.column_name, '${MARK}' FROM information_schema.columns a, information_schema.columns b`;
      for await (const _ of pool.stream(sql, [], { signal: caller.signal })) caller.abort(reason);
    };
    expect(await errorOf(loop())).toBe(reason);
    await until(async () => (await runningOnServer()) === 0);
    expect(await pool.use((c) => valueOf(c, 'SELECT 1'))).toBe(1);
    expect(pool.metrics().counters.created).toBe(1);
  });
});

describe('timeoutMs', () => {
  test('stops the statement on the server and says so', async () => {
    const pool = open({ max: 1, resetTimeoutMs: 20_000, acquireTimeoutMs: 20_000 });
    await pool.ready();
    const error = await errorOf(pool.query(SLEEP, [], { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'POOL_QUERY_TIMEOUT', timeoutMs: 300 });
    await until(async () => (await runningOnServer()) === 0);
    await pool.query('SELECT 1');
    expect(pool.metrics().counters.created).toBe(1);
  });

  test('covers the wait for a connection too', async () => {
    const pool = open({ max: 1 });
    await using held = await pool.acquire();
    expect(await errorOf(pool.query('SELECT 1', [], { timeoutMs: 50 }))).toMatchObject({
      code: 'POOL_ACQUIRE_TIMEOUT',
    });
    expect(held.isEnded).toBe(false);
  });

  test("ends a prepared statement, and what mysql2's own timeout leaves running costs the connection", async () => {
    const pool = open({ max: 1, resetTimeoutMs: 20_000, acquireTimeoutMs: 20_000 });
    await pool.ready();
    const error = await errorOf(pool.execute(`${SLEEP} FROM tally WHERE id = ?`, [1], { timeoutMs: 300 }));
    expect(error).toHaveProperty('code', 'POOL_QUERY_TIMEOUT');
    await until(async () => (await runningOnServer()) === 0);
    expect(await errorOf(pool.query({ sql: SLEEP, timeout: 50 }))).toHaveProperty(
      'code',
      'PROTOCOL_SEQUENCE_TIMEOUT',
    );
    await pool.query('SELECT 1');
    expect(pool.metrics().counters).toMatchObject({ created: 2, closed: { reset: 1 } });
  });
});

describe('a transaction that is interrupted', () => {
  test('is rolled back, and its caller is told at once', async () => {
    const pool = open({ max: 1, resetTimeoutMs: 20_000, acquireTimeoutMs: 20_000 });
    await pool.ready();
    const error = await errorOf(
      pool.transaction(
        async (c) => {
          await c.query('UPDATE tally SET n = n + 1 WHERE id = 1');
          await c.query(SLEEP);
          // MySQL answers a stopped SLEEP with a row: the work goes on, and cannot commit.
          await c.query('UPDATE tally SET n = n + 1 WHERE id = 2');
        },
        { timeoutMs: 300 },
      ),
    );
    expect(error).toHaveProperty('code', 'POOL_QUERY_TIMEOUT');
    expect(await pool.use((c) => valueOf(c, 'SELECT SUM(n) FROM tally'))).toEqual('0');
    expect(pool.metrics()).toMatchObject({ counters: { created: 1 }, mysql: { abandonedTransactions: 0 } });
  });

  test('keeps its connection from others until its work has ended', async () => {
    const pool = open({ max: 2, resetTimeoutMs: 20_000 });
    const late: string[] = [];
    const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
    const caller = new AbortController();
    const work = async (c: MysqlConnection): Promise<void> => {
      caller.abort(new Error('left'));
      await isLetGo;
      // It has the connection in hand still, and nobody who waits for it.
      late.push((await errorOf(c.query('UPDATE tally SET n = 99'))).message);
      late.push((await errorOf(c.execute('UPDATE tally SET n = ?', [98]))).message);
      const [error] = (await once(c.connection.query('UPDATE tally SET n = 97'), 'error').catch(
        (thrown: unknown) => [thrown],
      )) as [Error];
      late.push(error.message);
    };
    const error = await errorOf(pool.transaction(work, { signal: caller.signal }));
    expect(error).toBe(caller.signal.reason);
    expect(pool.stats().leased).toBe(1);
    letGo();
    await until(() => pool.stats().leased === 0);
    expect(late).toEqual(Array(3).fill('not sent: the call was interrupted'));
    expect(await ask('SELECT MAX(n) FROM tally')).toBe(0);
    await pool.query('SELECT 1');
    expect(pool.metrics().counters.created).toBe(1);
  });
});

/** The moment wanders over the whole life of a short statement, and around its end. */
async function abortOne(pool: MysqlPool, i: number): Promise<string> {
  const caller = new AbortController();
  const reason = new Error('aborted');
  const call = pool.query(`SELECT SLEEP(0.003), ${i} AS token`, [], { signal: caller.signal });
  const timer = setTimeout(() => caller.abort(reason), i % 9);
  return call
    .then(
      () => 'answered',
      (error: unknown) => (error === reason ? 'aborted' : `failed: ${String(error)}`),
    )
    .finally(() => clearTimeout(timer));
}

async function echoOne(pool: MysqlPool, i: number): Promise<string> {
  const [rows] = await pool.query<RowDataPacket[]>(`SELECT ${i} AS token, SLEEP(0.001) AS stopped`);
  return rows[0]!['token'] === i && rows[0]!['stopped'] === 0
    ? 'echoed'
    : `disturbed: ${JSON.stringify(rows)}`;
}

const kills = async (): Promise<number> =>
  Number((await admin.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_kill'"))[0][0]!['Value']);

test('T: a late order to stop hits nobody: callers abort at all moments, the others answer as they should', async () => {
  const pool = open({ max: 4, acquireTimeoutMs: 60_000, resetTimeoutMs: 30_000 });
  const before = await kills();
  const outcomes: string[] = [];
  const repeat = async (one: (pool: MysqlPool, i: number) => Promise<string>): Promise<void> => {
    for (let i = 0; i < 90; i++) outcomes.push(await one(pool, i));
  };
  await Promise.all([abortOne, echoOne, abortOne, echoOne, abortOne, echoOne].map(repeat));
  expect(outcomes.filter((outcome) => !['aborted', 'answered', 'echoed'].includes(outcome))).toEqual([]);
  expect(outcomes.filter((outcome) => outcome === 'echoed')).toHaveLength(270);
  // Not vacuous: many were under way when they were stopped.
  expect((await kills()) - before).toBeGreaterThan(20);
  expect(pool.metrics().counters.closed.reset).toBe(0);
});

test('what cannot be stopped costs its connection: this user may have one only', async () => {
  const user = `${place.database}_one`;
  await admin.query(`CREATE USER '${user}'@'%' WITH MAX_USER_CONNECTIONS 1`);
  onTestFinished(async () => void (await admin.query(`DROP USER '${user}'@'%'`)));
  const connection = { ...place.address, user };
  const pool = open({ max: 1, resetTimeoutMs: 500 }, { connection });
  await pool.ready();
  expect(await errorOf(pool.query(SLEEP, [], { timeoutMs: 300 }))).toHaveProperty(
    'code',
    'POOL_QUERY_TIMEOUT',
  );
  await until(() => pool.metrics().counters.closed.reset === 1);
  const id = Number((await ask(`SELECT id FROM information_schema.processlist WHERE user = '${user}'`)) ?? 0);
  // Its statement is still at it: nothing else can end it.
  if (id !== 0) await admin.query(`KILL ${id}`);
});
