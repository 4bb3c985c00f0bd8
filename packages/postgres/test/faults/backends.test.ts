import { startPrivatePostgres } from '@pool/testbed/postgres';
import { afterAll, expect, test } from 'vitest';
import { ConnectionLostError } from '../../src/index.ts';
import { admin, database, failure, open, until, value } from '../support/fixture.ts';
import { observe, UNDER_TEST } from '../support/observer.ts';

const connection = { connectionString: database.url, application_name: UNDER_TEST };
const terminate = (pid: unknown): Promise<unknown> => admin.query('select pg_terminate_backend($1)', [pid]);
const ACTIVE =
  "select count(*)::int from pg_stat_activity where state = 'active' and query like '%sleep%' and pid <> pg_backend_pid() and datname = current_database()";

const own = await startPrivatePostgres();
afterAll(() => own.remove());

test('F1 F29: an idle connection that the server ends is evicted and replaced; no caller notices', async () => {
  const { pool, errors } = open({ connection, pool: { min: 1, max: 2 } });
  const closed: string[] = [];
  pool.on('connection:closed', ({ reason }) => closed.push(reason));
  const pid = await value(pool, 'select pg_backend_pid()');
  await terminate(pid);
  await until(() => pool.stats().idle === 1 && closed.length === 1);
  expect(await value(pool, 'select pg_backend_pid()')).not.toBe(pid);
  expect([closed, errors]).toEqual([['lost'], []]);
});

test('F2: the caller whose backend is ended in its query is told that the outcome is unknown', async () => {
  const { pool } = open({ connection, pool: { max: 1 } });
  const [write, read] = ['', 'read'].map((label) =>
    failure<ConnectionLostError>(
      pool.query(`select pg_sleep(60) -- ${label}`, [], { readOnly: label === 'read' }),
    ),
  );
  for (const asked of [write!, read!]) {
    await until(async () => (await value(admin, ACTIVE)) === 1);
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and state = 'active' and datname = current_database()",
      [UNDER_TEST],
    );
    const error = await asked;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({
      outcome: asked === read ? 'read-only' : 'unknown',
      retryable: asked === read,
      cause: { code: '57P01' },
    });
  }
  expect(await value(pool, 'select 1')).toBe(1);
  expect(pool.metrics().counters.closed).toMatchObject({ lost: 2 });
});

test('F2: lost before COMMIT is not committed, and can be run again; retries do so', async () => {
  await admin.query('create table effects (n int)');
  const { pool } = open({ connection, pool: { max: 1 } });
  let runs = 0;
  const work = async (times: number): Promise<number> => {
    runs = 0;
    return pool.transaction(
      async (client) => {
        await client.query('insert into effects values (1)');
        if (++runs <= times) await terminate(await value(client, 'select pg_backend_pid()'));
        return Number(await value(client, 'select count(*) from effects'));
      },
      { retries: 2 },
    );
  };
  expect(await work(2)).toBe(1);
  const error = await failure(work(3));
  expect(error).toMatchObject({
    code: 'POOL_CONNECTION_LOST',
    outcome: 'not-committed',
    retryable: true,
  });
  expect([runs, await value(admin, 'select count(*)::int from effects')]).toEqual([3, 1]);
});

test('P11: a lease whose connection is ended by the server has ended, and its slot is free', async () => {
  const { pool } = open({ connection, pool: { max: 1 } });
  const lease = await pool.acquire();
  await terminate(await value(lease.connection, 'select pg_backend_pid()'));
  await until(() => lease.isEnded);
  expect(await value(pool, 'select 1')).toBe(1);
  lease.release();
  expect(pool.metrics().counters.misused).toBe(0);
});

test('F15: a lease that is idle in its transaction for too long ends, and its next use says why', async () => {
  const { pool } = open({
    connection: { ...connection, idle_in_transaction_session_timeout: 50 },
    pool: { max: 1 },
  });
  const lease = await pool.acquire();
  await lease.connection.query('begin');
  await until(() => lease.isEnded);
  const use = async (): Promise<unknown> => lease.connection.query('select 1');
  expect(await failure(use())).toMatchObject({ code: 'POOL_LEASE_ENDED', cause: { code: '25P03' } });
  expect(await value(pool, 'select 1')).toBe(1);
});

test('F3: kill -9 of one backend takes all; waiters survive, and the server never sees more than max', async () => {
  const { pool } = open({
    connection: { connectionString: own.url, application_name: UNDER_TEST },
    pool: { max: 4 },
  });
  const observer = observe(own.url);
  const held = await pool.acquire();
  const victim = Number(await value(held.connection, 'select pg_backend_pid()'));
  const running = Array.from({ length: 3 }, () => failure(pool.query('select pg_sleep(60)')));
  await until(() => pool.stats().leased === 4);
  const waiting = Array.from({ length: 20 }, (_, n) => value(pool, 'select $1::int', [n]));
  const killedAt = performance.now();
  process.kill(victim, 'SIGKILL');
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  const recoveryMs = performance.now() - killedAt;
  for (const error of await Promise.all(running)) expect(error).toBeInstanceOf(ConnectionLostError);
  await observer.stop();
  expect(observer.peak).toBeLessThanOrEqual(4);
  expect(recoveryMs).toBeLessThan(4_000);
  expect(pool.metrics().counters.closed.lost).toBe(4);
});

test('F6: a backend that stands still costs its caller the time limit, and is never lent again', async () => {
  const { pool, errors } = open({
    connection: { connectionString: own.url, application_name: UNDER_TEST },
    pool: { max: 1, resetTimeoutMs: 200, acquireTimeoutMs: 10_000, validateAfterIdleMs: 60_000 },
  });
  const pid = Number(await value(pool, 'select pg_backend_pid()'));
  process.kill(pid, 'SIGSTOP');
  try {
    const error = await failure(pool.query('select 1', [], { timeoutMs: 100 }));
    expect(error.code).toBe('POOL_QUERY_TIMEOUT');
    expect(await value(pool, 'select pg_backend_pid()')).not.toBe(pid);
    expect(errors).toMatchObject([{ phase: 'reset' }]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});
