import { expect, test } from 'vitest';
import { OptionError } from '../src/index.ts';
import { admin, failure, open, value } from './support/fixture.ts';

await admin.query('create table counter (id int primary key, n int not null)');
await admin.query('insert into counter select id, 0 from generate_series(1, 4) id');

test('serialization failures are run again, and every increment is there once', async () => {
  const { pool } = open({ pool: { max: 6 } });
  let runs = 0;
  const increment = (): Promise<unknown> =>
    pool.transaction(
      async (client) => {
        runs++;
        const n = Number(await value(client, 'select n from counter where id = 1'));
        await client.query('update counter set n = $1 where id = 1', [n + 1]);
      },
      { isolation: 'serializable', retries: 100 },
    );
  await Promise.all(Array.from({ length: 30 }, increment));
  expect(await value(admin, 'select n from counter where id = 1')).toBe(30);
  // The isolation level has refused some: otherwise this shows nothing.
  expect(runs).toBeGreaterThan(30);
});

test('a deadlock is run again', async () => {
  const { pool } = open({ pool: { max: 2 } });
  await admin.query("alter system set deadlock_timeout = '50ms'");
  await admin.query('select pg_reload_conf()');
  const met = Promise.withResolvers<void>();
  let arrived = 0;
  let runs = 0;
  const both = (first: number, second: number): Promise<unknown> =>
    pool.transaction(
      async (client) => {
        runs++;
        await client.query('update counter set n = n + 1 where id = $1', [first]);
        if (++arrived === 2) met.resolve();
        await met.promise;
        await client.query('update counter set n = n + 1 where id = $1', [second]);
      },
      { retries: 5 },
    );
  await Promise.all([both(2, 3), both(3, 2)]);
  expect(runs).toBeGreaterThan(2);
  const { rows } = await admin.query('select n from counter where id in (2, 3)');
  expect(rows).toEqual([{ n: 2 }, { n: 2 }]);
});

test('without retries a conflict is thrown as pg has it, and the connection is kept', async () => {
  const { pool } = open({ pool: { max: 1 } });
  const pid = await value(pool, 'select pg_backend_pid()');
  const conflict = pool.transaction(
    async (client) => {
      await client.query('select n from counter where id = 4');
      await admin.query('update counter set n = n + 1 where id = 4');
      await client.query('update counter set n = n + 1 where id = 4');
    },
    { isolation: 'repeatable read' },
  );
  expect((await failure(conflict)).code).toBe('40001');
  expect(await value(pool, 'select pg_backend_pid()')).toBe(pid);
});

test('an error that running again cannot mend is not retried', async () => {
  const { pool } = open();
  let runs = 0;
  const work = pool.transaction(
    async (client) => {
      runs++;
      await client.query('select 1 / 0');
    },
    { retries: 5 },
  );
  expect((await failure(work)).code).toBe('22012');
  expect(runs).toBe(1);
});

test('a transaction that its work ended by itself is not committed twice', async () => {
  const { pool, errors } = open({ pool: { max: 1 } });
  expect(await pool.transaction((client) => client.query('commit').then(() => 'done'))).toBe('done');
  expect(await value(pool, 'select 1')).toBe(1);
  expect(errors).toEqual([]);
});

test('a deferrable, an isolation level or a number of retries that Postgres does not have is refused before BEGIN', async () => {
  const { pool } = open();
  for (const options of [
    { isolation: 'read committed; drop table counter' as never },
    { isolation: 'snapshot' as never },
    { retries: -1 },
    { retries: 1.5 },
    { retries: Infinity },
  ]) {
    expect(await failure(pool.transaction(() => 1, options))).toBeInstanceOf(OptionError);
  }
  expect(pool.stats().size).toBe(0);
});

test('a setting that the server does not take fails the transaction, and nothing else', async () => {
  const { pool, errors } = open({ pool: { max: 1 } });
  const work = pool.transaction(() => 1, { settings: { statement_timeout: 'soon' } });
  expect((await failure(work)).code).toBe('22023');
  expect(await value(pool, 'select 1')).toBe(1);
  expect([errors, pool.metrics().counters.created]).toEqual([[], 1]);
});
