import { startPgBouncer } from '@pool/testbed/postgres';
import type { QueryConfig, QueryResult } from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { OptionError } from '../src/index.ts';
import { admin, database, failure, open, until, value, type TestPool } from './support/fixture.ts';

// More connections than backends, so that callers share them; a session needs one of its own.
const transactional = await startPgBouncer({
  to: { url: database.url },
  mode: 'transaction',
  settings: { default_pool_size: 2 },
});
const sessional = await startPgBouncer({
  to: { url: database.url },
  mode: 'session',
  settings: { default_pool_size: 10 },
});
afterAll(async () => {
  await transactional.remove();
  await sessional.remove();
});

const at = (bouncer: { url: string }): string =>
  Object.assign(new URL(bouncer.url), { pathname: `/${database.database}` }).href;

/** Two connections at the same time. */
async function useTwo(pool: ReturnType<typeof open>['pool']): Promise<void> {
  await using first = await pool.acquire();
  await using second = await pool.acquire();
  await first.connection.query('select 1');
  await second.connection.query('select 1');
}

/** Each of six connections runs it, all at the same time, several times over: on two backends. */
async function runEverywhere(
  pool: TestPool['pool'],
  named: QueryConfig,
): Promise<PromiseSettledResult<QueryResult>[]> {
  const leases = await Promise.all(Array.from({ length: 6 }, () => pool.acquire()));
  const results: PromiseSettledResult<QueryResult>[] = [];
  for (let round = 0; round < 5; round++) {
    results.push(...(await Promise.allSettled(leases.map(({ connection }) => connection.query(named)))));
  }
  for (const lease of leases) lease.release();
  return results;
}

describe('without a pooler', () => {
  test('the first connection shows it, and no other asks', async () => {
    const { pool } = open({ pool: { max: 3 } });
    const before = pool.metrics().postgres.pooler;
    await useTwo(pool);
    expect([before, pool.metrics().postgres.pooler]).toEqual(['unknown', 'none']);
    const asked =
      "select count(*)::int from pg_stat_activity where query like '%pg_backend_pid() AS pid' and datname = current_database()";
    expect(await value(admin, asked)).toBe(0);
  });
});

describe('PgBouncer in session mode', () => {
  test('is a proxy, whose sessions are ours: they are cleaned, and listen() works', async () => {
    const { pool, errors } = open({ connection: at(sessional), pool: { max: 2 } });
    await useTwo(pool);
    expect(pool.metrics().postgres.pooler).toBe('session');
    await pool.query("set app.tenant = 'dirt'");
    await until(() => pool.metrics().postgres.resets === 1);
    const heard: string[] = [];
    await using subscription = await pool.listen('news', ({ payload }) => heard.push(payload!));
    await admin.query("select pg_notify('news', 'hello')");
    await until(() => heard.length > 0);
    expect([heard, errors, subscription.channel]).toEqual([['hello'], [], 'news']);
  });

  test('a cancel goes through it', async () => {
    const { pool } = open({ connection: at(sessional), pool: { max: 1 } });
    await pool.ready();
    const error = await failure(pool.query('select pg_sleep(60)', [], { timeoutMs: 100 }));
    expect(error.code).toBe('POOL_QUERY_TIMEOUT');
    expect(await value(pool, 'select 1')).toBe(1);
    expect(pool.metrics().counters.created).toBe(1);
  });
});

describe('PgBouncer in transaction mode', () => {
  test('is found out by two connections that share a backend, and sessions are not cleaned any more', async () => {
    const { pool } = open({ connection: at(transactional), pool: { max: 4 } });
    await useTwo(pool);
    expect(pool.metrics().postgres.pooler).toBe('transaction');
    const { resets } = pool.metrics().postgres;
    await pool.query("select set_config('app.tenant', 'x', false)");
    await pool.query('select 1');
    expect(pool.metrics().postgres.resets).toBe(resets);
  });

  test('named statements are sent without their name, of the pool and of a lease', async () => {
    const { pool } = open({ connection: at(transactional), pooler: 'transaction', pool: { max: 6 } });
    const named = { name: 'sum', text: 'select $1::int + 1 as n', values: [1] };
    for (const result of await runEverywhere(pool, named)) {
      expect(result).toMatchObject({ status: 'fulfilled', value: { rows: [{ n: 2 }] } });
    }
    const answers = await Promise.all(Array.from({ length: 30 }, () => pool.query(named)));
    for (const { rows } of answers) expect(rows).toEqual([{ n: 2 }]);
  });

  test('with names, as pg sends them, the same connections fail: the test above can', async () => {
    const { pool } = open({ connection: at(transactional), pooler: 'none', pool: { max: 6 } });
    const named = { name: 'sum2', text: 'select $1::int + 2 as n', values: [1] };
    const codes = (await runEverywhere(pool, named)).flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as { code: string }).code] : [],
    );
    // Of six that prepare it, on two backends, four find it there already.
    expect(codes.length).toBeGreaterThanOrEqual(4);
    for (const code of codes) expect(['26000', '42P05']).toContain(code);
  });

  test('settings of a transaction hold in it and not after it', async () => {
    const { pool } = open({ connection: at(transactional), pooler: 'transaction', pool: { max: 4 } });
    const show = "select coalesce(current_setting('app.other', true), '')";
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const inside = await pool.transaction((client) => value(client, show), {
          settings: { 'app.other': `t${n}` },
        });
        expect(inside).toBe(`t${n}`);
        expect(await value(pool, show)).toBe('');
      }),
    );
  });

  test('listen() is refused when found out only then, and names the option that helps', async () => {
    const { pool } = open({ connection: at(transactional), pool: { max: 2 } });
    const error = await failure<OptionError>(pool.listen('news', () => undefined));
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option: 'directConnection' });
    expect(pool.metrics().postgres.pooler).toBe('transaction');
  });

  test('listen() uses directConnection', async () => {
    const { pool } = open({ connection: at(transactional), directConnection: database.url });
    const heard: string[] = [];
    await using subscription = await pool.listen('direct', ({ payload }) => heard.push(payload!));
    await admin.query("select pg_notify('direct', 'hello')");
    await until(() => heard.length > 0);
    expect([heard, subscription.channel]).toEqual([['hello'], 'direct']);
  });

  test("a session's locks and LISTEN are refused before they are sent", async () => {
    const { pool } = open({ connection: at(transactional), pooler: 'transaction' });
    for (const text of [
      'select pg_advisory_lock(1)',
      'SELECT pg_try_advisory_lock_shared(1)',
      'listen news',
    ]) {
      expect(await failure(pool.query(text))).toBeInstanceOf(OptionError);
      expect(await pool.use((client) => failure(client.query(text)))).toBeInstanceOf(OptionError);
      expect(await failure(pool.stream(text).next())).toBeInstanceOf(OptionError);
    }
    expect(await value(pool, 'select pg_try_advisory_xact_lock(1)')).toBe(true);
    expect(pool.stats()).toMatchObject({ leased: 0 });
  });

  test('an open transaction is rolled back, and its backend given back', async () => {
    const { pool, errors } = open({ connection: at(transactional), pooler: 'transaction', pool: { max: 3 } });
    for (let n = 0; n < 5; n++) await pool.use((client) => client.query('begin'));
    expect(await Promise.all([1, 2, 3].map((n) => value(pool, 'select $1::int', [n])))).toEqual([1, 2, 3]);
    await until(() => errors.length === 5);
    expect(pool.metrics().postgres.abandonedTransactions).toBe(5);
  });

  test('streams and cancels work', async () => {
    const { pool } = open({ connection: at(transactional), pooler: 'transaction', pool: { max: 3 } });
    let rows = 0;
    for await (const row of pool.stream('select generate_series(1, 300)')) rows += row === undefined ? 0 : 1;
    expect(rows).toBe(300);
    await pool.ready();
    const error = await failure(pool.query('select pg_sleep(60)', [], { timeoutMs: 100 }));
    expect(error.code).toBe('POOL_QUERY_TIMEOUT');
    expect(await value(pool, 'select 1')).toBe(1);
  });
});

describe('F32: a pooler that dies', () => {
  test('loses what runs, and those who come after are told why nothing can be had', async () => {
    await using own = await disposable();
    const { pool } = open({ connection: at(own.bouncer), pool: { max: 2 } });
    expect(await value(pool, 'select 1')).toBe(1);
    const running = failure(pool.query('select pg_sleep(60)'));
    await until(() => pool.stats().leased === 1);
    process.kill(own.bouncer.pid, 'SIGKILL');
    expect(await running).toMatchObject({
      code: 'POOL_CONNECTION_LOST',
      outcome: 'unknown',
      retryable: false,
    });
    // It listens at its port no more: transient, and the error says why nothing could be had.
    const refused = await failure(pool.query('select 1', [], { timeoutMs: 1_000 }));
    expect(refused).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', cause: { code: 'ECONNREFUSED' } });
  });
});

async function disposable(): Promise<
  AsyncDisposable & { bouncer: Awaited<ReturnType<typeof startPgBouncer>> }
> {
  const bouncer = await startPgBouncer({ to: { url: database.url }, mode: 'session' });
  return { bouncer, [Symbol.asyncDispose]: () => bouncer.remove() };
}
