import { expect, test } from 'vitest';
import type { Client } from 'pg';
import { TransactionAbandonedError, type PostgresPool } from '../src/index.ts';
import { traitsOfText } from '../src/statement-traits.ts';
import { admin, as, failure, open, until, value } from './support/fixture.ts';

await admin.query(`
  create role bleeder; create sequence numbers; create schema elsewhere;
  create function hidden_setting() returns text language sql as $$ select set_config('app.hidden', 'dirt', false) $$;
  create procedure calling() language sql as $$ select set_config('app.tenant', 'dirt', false) $$;
`);

// Everything that a session keeps for its next statement, as one value each.
const PROBES = {
  setting: "select coalesce(nullif(current_setting('app.tenant', true), ''), 'none')",
  role: 'select current_user',
  user: 'select session_user',
  path: "select current_setting('search_path')",
  timeout: "select current_setting('statement_timeout')",
  name: "select current_setting('application_name')",
  zone: "select current_setting('TimeZone')",
  temporary:
    "select count(*)::int from pg_class where relpersistence = 't' and relnamespace = pg_my_temp_schema()",
  channels: 'select count(*)::int from pg_listening_channels()',
  locks: "select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
  prepared: 'select count(*)::int from pg_prepared_statements where from_sql',
  cursors: 'select count(*)::int from pg_cursors',
};

async function fingerprint(pool: PostgresPool): Promise<Record<string, unknown>> {
  return pool.use(async (client) => {
    const found: Record<string, unknown> = { status: client.getTransactionStatus() };
    for (const [name, probe] of Object.entries(PROBES)) found[name] = await value(client, probe);
    // Of the sequence that was never asked in this session there is no current value.
    const current = await failure(client.query("select currval('numbers')")).catch(() => undefined);
    return { ...found, sequence: current?.code, notifications: client.listenerCount('notification') };
  });
}

const SOILS: Record<string, (client: Client) => Promise<unknown>> = {
  SET: (client) => client.query("set app.tenant = 'dirt'"),
  'SET of a time limit': (client) => client.query('set statement_timeout = 1'),
  application_name: (client) => client.query("set application_name = 'dirt'"),
  'SET TIME ZONE': (client) => client.query("set time zone 'Asia/Kathmandu'"),
  'set_config in a SELECT': (client) => client.query("select set_config('app.tenant', 'dirt', false)"),
  'set_config in a SELECT with parameters': (client) =>
    client.query('select set_config($1, $2, false)', ['app.tenant', 'dirt']),
  'set_config in a DO block': (client) =>
    client.query("do $$ begin perform set_config('app.tenant', 'dirt', false); end $$"),
  'set_config in a procedure': (client) => client.query('call calling()'),
  'SET ROLE': (client) => client.query('set role bleeder'),
  'SET SESSION AUTHORIZATION': (client) => client.query('set session authorization bleeder'),
  search_path: (client) => client.query('set search_path = elsewhere'),
  'a temporary table': (client) => client.query('create temp table leftover (x int)'),
  'a temporary table of SELECT INTO': (client) => client.query('select 1 as x into temporary leftover'),
  'a temporary table of CREATE TABLE AS': (client) => client.query('create temp table leftover as select 1'),
  LISTEN: (client) => {
    client.on('notification', () => undefined);
    return client.query('listen dirt');
  },
  'an advisory lock': (client) => client.query('select pg_advisory_lock(7)'),
  'an advisory lock that was tried for': (client) => client.query('select pg_try_advisory_lock_shared(7)'),
  PREPARE: (client) => client.query('prepare dirt as select 1'),
  'a cursor WITH HOLD': (client) => client.query('begin; declare dirt cursor with hold for select 1; commit'),
  'a sequence': (client) => client.query("select nextval('numbers')"),
  'an open transaction': (client) => client.query('begin; select 1'),
  'a failed transaction': (client) => failure(client.query('begin; select 1 / 0')),
  'a failed transaction with a setting before it': async (client) => {
    await client.query("set app.tenant = 'dirt'");
    await client.query('begin');
    await failure(client.query('select 1 / 0'));
  },
  'a cursor of an open transaction': (client) => client.query('begin; declare dirt cursor for select 1'),
  'several at once, in one text': (client) =>
    client.query(
      "select 1; set app.tenant = 'dirt'; create temp table leftover (); prepare dirt as select 1",
    ),
};

for (const [name, soil] of Object.entries(SOILS)) {
  test(`T: ${name} does not reach the next borrower, who has the same connection`, async () => {
    const { pool } = open({ pool: { max: 1 } });
    const clean = await fingerprint(pool);
    const pid = await value(pool, 'select pg_backend_pid()');
    await pool.use(soil);
    expect(await fingerprint(pool)).toEqual(clean);
    expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
    expect(pool.metrics().counters.created).toBe(1);
  });
}

test('T: every one of these would reach the next borrower without a reset: the matrix can fail', async () => {
  for (const [name, soil] of Object.entries(SOILS)) {
    // What a transaction left open is undone in any case.
    if (/transaction/.test(name) && !name.includes('setting')) continue;
    const { pool } = open({ pool: { max: 1 }, reset: 'never' });
    const clean = await fingerprint(pool);
    await pool.use(soil);
    expect({ name, ...(await fingerprint(pool)) }).not.toEqual({ name, ...clean });
    await pool.close();
  }
});

test('P10: what changes no session costs no round trip', async () => {
  const { pool } = open({ pool: { max: 1 } });
  await pool.query('create table if not exists plain (id int primary key, v text)');
  // The next one waits for the reset after that.
  await value(pool, 'select 1');
  const { resets } = pool.metrics().postgres;
  await pool.query("insert into plain values (1, 'set role') on conflict do nothing");
  await pool.query('update plain set v = $1 where id = $2', ['x', 1]);
  await pool.query({ name: 'by-id', text: 'select * from plain where id = $1', values: [1] });
  await pool.transaction((client) => client.query('delete from plain'));
  for await (const row of pool.stream('select generate_series(1, 500)')) void row;
  await failure(pool.query('select nonsense'));
  await value(pool, 'select 1');
  expect([resets, pool.metrics().postgres.resets]).toEqual([1, 1]);
});

test('an open transaction is rolled back, counted, and reported once with the place of its acquire', async () => {
  const { pool, errors } = open({ pool: { max: 1 } });
  async function forgetful(): Promise<void> {
    const lease = await pool.acquire();
    await lease.connection.query('begin');
    lease.release();
  }
  await forgetful();
  expect(await value(pool, 'select 1')).toBe(1);
  expect(pool.metrics().postgres.abandonedTransactions).toBe(1);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ pool: 'postgres', error: expect.any(TransactionAbandonedError) });
  expect((errors[0]!.error as TransactionAbandonedError).acquiredAt).toContain('forgetful');
});

test('statements that pg itself has prepared survive a reset, and one that drops all statements', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const named = { name: 'sum', text: 'select $1::int + 1 as n', values: [1] };
  const count = 'select count(*)::int from pg_prepared_statements where not from_sql';
  await pool.query(named);
  await pool.query("set app.tenant = 'x'");
  expect((await pool.query(named)).rows).toEqual([{ n: 2 }]);
  expect(await value(pool, count)).toBe(1);
  await pool.query('prepare other as select 1');
  expect((await pool.query(named)).rows).toEqual([{ n: 2 }]);
  await pool.query('discard all');
  expect((await pool.query(named)).rows).toEqual([{ n: 2 }]);
});

test("reset 'tracked' does not see what a function changes by itself; 'always' cleans that too", async () => {
  const probe = "select coalesce(nullif(current_setting('app.hidden', true), ''), 'none')";
  const seen: Record<string, unknown> = {};
  for (const reset of ['tracked', 'always'] as const) {
    const { pool } = open({ pool: { max: 1 }, reset });
    await pool.query('select hidden_setting()');
    seen[reset] = await value(pool, probe);
  }
  expect(seen).toEqual({ tracked: 'dirt', always: 'none' });
});

test('T npgsql #5997: the role that ALTER ROLE sets for new sessions is kept by a reset', async () => {
  await admin.query(
    "create role shifter login superuser password 'shifter'; alter role shifter set role = bleeder",
  );
  const { pool } = open({ connection: as('shifter'), pool: { max: 1 } });
  expect(await value(pool, 'select current_user')).toBe('bleeder');
  await pool.query('reset role; set role none');
  expect(await value(pool, 'select current_user')).toBe('bleeder');
});

test('A37: a connection that is released while its query runs is closed, and the query cancelled', async () => {
  const { pool, errors } = open({ pool: { max: 1 } });
  const lease = await pool.acquire();
  const running = failure(lease.connection.query('select pg_sleep(60) -- forsaken'));
  lease.release();
  await running;
  expect(await value(pool, 'select 1')).toBe(1);
  expect(pool.metrics().counters).toMatchObject({ created: 2, closed: { reset: 1 } });
  expect(errors).toMatchObject([{ phase: 'reset' }]);
  const forsaken =
    "select count(*)::int from pg_stat_activity where state = 'active' and query like '%forsaken' and pid <> pg_backend_pid()";
  await until(async () => (await value(admin, forsaken)) === 0);
});

test('texts that are long, and more of them than are remembered, are looked at all the same', async () => {
  const { pool } = open({ pool: { max: 1 } });
  for (let n = 0; n < 1_100; n++) traitsOfText(`select ${n}`);
  const clean = await fingerprint(pool);
  const text = `select set_config('app.tenant', 'dirt', false) -- ${'long '.repeat(1_000)}`;
  for (let n = 0; n < 2; n++) {
    await pool.query(text);
    expect(await fingerprint(pool)).toEqual(clean);
  }
});
