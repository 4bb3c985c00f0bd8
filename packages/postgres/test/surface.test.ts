import { expect, expectTypeOf, test } from 'vitest';
import { Client, DatabaseError, Query, Result, type QueryArrayResult, type QueryResult } from 'pg';
import { OptionError, TransactionEndedError } from '../src/index.ts';
import { admin, database, failure, open, value } from './support/fixture.ts';

await admin.query('create table account (name text primary key, cents int not null check (cents >= 0))');

test('query() gives the result of pg itself', async () => {
  const { pool } = open();
  const result = await pool.query<{ n: number }>('select $1::int as n', [7]);
  expect(result).toBeInstanceOf(Result);
  expect(result.rows).toEqual([{ n: 7 }]);
  const arrays = await pool.query({ text: 'select 1, 2', rowMode: 'array' });
  expect(arrays.rows).toEqual([[1, 2]]);
});

test('B21: an SQL error is thrown as pg has it, and costs no connection', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  for (let n = 0; n < 20; n++) {
    const error = await failure(pool.query('select 1 / 0'));
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error.code).toBe('22012');
  }
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
  expect(pool.metrics().counters).toMatchObject({ created: 1 });
});

test('the stack of an SQL error leads to the caller, and his config is left as it was', async () => {
  const { pool } = open();
  const config = { text: 'select $1::int / 0', values: [1] };
  async function theCaller(): Promise<unknown[]> {
    const { rows } = await pool.query(config);
    return rows;
  }
  expect((await failure(theCaller())).stack).toContain('theCaller');
  expect(config).toEqual({ text: 'select $1::int / 0', values: [1] });
});

test('the connection of a lease is a pg client, and query() refuses what speaks the protocol by itself', async () => {
  const { pool } = open();
  await using lease = await pool.acquire();
  expect(lease.connection).toBeInstanceOf(Client);
  const query = new Query('select 1');
  expect(await failure(pool.query(query as never))).toBeInstanceOf(OptionError);
});

test('transaction() commits what the work did, and undoes it when the work throws', async () => {
  const { pool } = open();
  await pool.transaction((client) => client.query("insert into account values ('ada', 100)"));
  const error = new Error('changed my mind');
  const failed = pool.transaction(async (client) => {
    await client.query("update account set cents = 5 where name = 'ada'");
    throw error;
  });
  expect(await failure(failed)).toBe(error);
  expect(await value(pool, "select cents from account where name = 'ada'")).toBe(100);
});

test('a savepoint undoes its own work, and the transaction goes on', async () => {
  const { pool } = open();
  await pool.transaction(async (client, savepoint) => {
    await client.query("insert into account values ('bob', 1)");
    await failure(
      savepoint(async () => {
        await client.query("insert into account values ('eve', 1)");
        await savepoint(() => client.query("insert into account values ('bob', 1)"));
      }),
    );
    await savepoint(() => client.query("insert into account values ('cleo', 1)"));
  });
  const { rows } = await pool.query(
    "select name from account where name in ('bob', 'cleo', 'eve') order by 1",
  );
  expect(rows).toEqual([{ name: 'bob' }, { name: 'cleo' }]);
});

test('a transaction whose failed statement was ignored is told that nothing was committed', async () => {
  const { pool } = open();
  const work = pool.transaction(async (client) => {
    await client.query("insert into account values ('dan', 1)");
    await failure(client.query('select 1 / 0'));
  });
  expect(await failure(work)).toBeInstanceOf(TransactionEndedError);
  expect((await pool.query("select from account where name = 'dan'")).rowCount).toBe(0);
});

test('isolation, readOnly, deferrable and settings are those of this transaction only', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const show =
    "select current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only') || ' ' || current_setting('transaction_deferrable') || ' ' || current_setting('app.tenant', true)";
  const inside = await pool.transaction((client) => value(client, show), {
    isolation: 'serializable',
    readOnly: true,
    deferrable: true,
    settings: { 'app.tenant': "7'; drop table account; --" },
  });
  expect(inside).toBe("serializable on on 7'; drop table account; --");
  expect(await value(pool, show)).toBe('read committed off off ');
  expect(pool.metrics().postgres.resets).toBe(0);
});

test('evict(), resize(), pause() and resume() act on all core pools', async () => {
  const { pool } = open({ replicas: [database.url], pool: { max: 2 } });
  await pool.ready();
  expect(pool.evict((client) => client.port !== 0)).toBe(2);
  pool.resize({ max: 1 });
  expect([pool.stats().max, pool.stats().replicas[0]!.max]).toEqual([1, 1]);
  pool.pause();
  const asked = [value(pool, 'select 1'), pool.query('select 1', [], { readOnly: true })];
  expect(pool.stats()).toMatchObject({
    phase: 'paused',
    waiting: 1,
    replicas: [{ phase: 'paused', waiting: 1 }],
  });
  expect(pool.tryAcquire()).toBeUndefined();
  pool.resume();
  await Promise.all(asked);
  const lease = pool.tryAcquire({ label: 'tried' });
  expect(lease?.connection).toBeInstanceOf(Client);
  lease?.release();
  await pool[Symbol.asyncDispose]();
  expect(pool.stats()).toMatchObject({ phase: 'closed', size: 0 });
});

test('rows have the type that is asked for', () => {
  const { pool } = open();
  const of = (): unknown => [
    expectTypeOf(pool.query<{ n: number }>('')).resolves.toEqualTypeOf<QueryResult<{ n: number }>>(),
    expectTypeOf(pool.query({ text: '', rowMode: 'array' })).resolves.toEqualTypeOf<
      QueryArrayResult<unknown[]>
    >(),
    expectTypeOf(pool.transaction((client) => client.host)).resolves.toEqualTypeOf<string>(),
    expectTypeOf(pool.use(async () => 'x')).resolves.toEqualTypeOf<string>(),
    expectTypeOf(pool.stream<{ n: number }>('')).toEqualTypeOf<
      AsyncGenerator<{ n: number }, void, undefined>
    >(),
  ];
  expect(of).toBeInstanceOf(Function);
});
