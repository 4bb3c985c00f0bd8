// pg-pool's verbs in both forms, as its own tests have them.
import Cursor from 'pg-cursor';
import { type PoolClient, type QueryResult, Query } from 'pg';
import { describe, expect, test } from 'vitest';
import { freePort } from '@pool/testbed/free-port';
import { Pool } from '../../src/pg-pool.ts';
import { BOTH, called, database, failure, open } from './support.ts';

describe.each(BOTH)('with callbacks, %s', (_, PoolOf) => {
  test('connect gives a client and its release, and returns nothing', async () => {
    const pool = open(PoolOf);
    let returned: unknown = 'nothing yet';
    const [error, client, release] = (await called((callback) => {
      returned = pool.connect(callback as never);
    })) as [undefined, PoolClient, () => void];
    const [, result] = (await called((callback) => client.query('select 1 as num', callback as never))) as [
      null,
      QueryResult,
    ];
    release();
    expect([returned, error, result.rows]).toEqual([undefined, undefined, [{ num: 1 }]]);
  });

  test('query takes a text, or a text and values, and returns nothing', async () => {
    const pool = open(PoolOf);
    let returned: unknown = 'nothing yet';
    const [, plain] = (await called((callback) => {
      returned = pool.query('select 1 as num', callback as never);
    })) as [undefined, QueryResult];
    const [, bound] = (await called((callback) =>
      pool.query('select $1::text as name', ['ada'], callback as never),
    )) as [undefined, QueryResult];
    expect([returned, plain.rows, bound.rows]).toEqual([undefined, [{ num: 1 }], [{ name: 'ada' }]]);
  });

  test('a failed connect reaches the callback, without a client, and leaves nothing in the pool', async () => {
    const port = await freePort();
    const pool = open(PoolOf, { connectionString: undefined, host: '127.0.0.1', port });
    const [error, client, release] = await called((callback) => pool.connect(callback as never));
    const [queryError, result] = await called((callback) => pool.query('select 1', callback as never));
    expect([error, queryError]).toMatchObject([{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }]);
    expect([client, typeof release, result, pool.totalCount]).toEqual([undefined, 'function', undefined, 0]);
  });

  test('no callback is called synchronously', async () => {
    const pool = open(PoolOf);
    (await pool.connect()).release();
    let isCalled = false;
    const answered = called((callback) =>
      pool.connect((...results) => {
        isCalled = true;
        (callback as (...all: unknown[]) => void)(...results);
      }),
    );
    expect(isCalled).toBe(false);
    const [, , release] = (await answered) as [undefined, PoolClient, () => void];
    release();
  });

  test('a function as the first argument of query is told that this is not supported', async () => {
    const pool = open(PoolOf);
    const [error] = await called((callback) => pool.query(callback as never));
    expect(error).toMatchObject({ message: expect.stringContaining('not supported') as string });
  });

  test('end calls back, and returns nothing', async () => {
    const pool = open(PoolOf);
    await pool.query('select 1');
    let returned: unknown = 'nothing yet';
    const results = await called((callback) => {
      returned = pool.end(callback as never);
    });
    expect([returned, results[0], pool.ended]).toEqual([undefined, undefined, true]);
  });
});

describe.each(BOTH)('with promises, %s', (_, PoolOf) => {
  test('connects, queries, releases, and ends', async () => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    const { rows } = await client.query('select $1::text as name', ['ada']);
    client.release();
    await pool.end();
    expect(rows).toEqual([{ name: 'ada' }]);
  });

  test('query takes a config, with values, with rowMode, with type parsers of its own', async () => {
    const pool = open(PoolOf);
    const { rows } = await pool.query({
      text: 'select $1::int as num, $2::text',
      values: [7, 'x'],
      rowMode: 'array',
    });
    const types = { getTypeParser: () => (value: unknown) => `parsed ${String(value)}` };
    const parsed = await pool.query({ text: 'select 7 as num', types: types as never });
    expect([rows, parsed.rows]).toEqual([[[7, 'x']], [{ num: 'parsed 7' }]]);
  });

  test('thirty callers share at most the connections there may be', async () => {
    const pool = open(PoolOf, { poolSize: 9 } as never);
    const work = Array.from({ length: 30 }, async () => {
      const client = await pool.connect();
      const { rows } = await client.query('select 1 as num');
      client.release();
      return rows;
    });
    expect((await Promise.all(work)).flat()).toHaveLength(30);
    expect([pool.options.max, pool.totalCount <= 9, pool.waitingCount]).toEqual([9, true, 0]);
  });

  test('an error of a query is the error of that query, and the pool goes on', async () => {
    const pool = open(PoolOf);
    const errors = await Promise.all(Array.from({ length: 30 }, () => failure(pool.query('select nothing'))));
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['42703']));
    expect((await pool.query('select $1::text as name', ['hi'])).rows).toEqual([{ name: 'hi' }]);
  });

  test('the error of a query leads back to the line that made it', async () => {
    const pool = open(PoolOf);
    async function theCaller(): Promise<void> {
      await pool.query('select nothing');
    }
    expect((await failure(theCaller())).stack).toContain('theCaller');
  });

  test('the given options are not changed, and reach the client', async () => {
    const options = { connectionString: database.url, max: 3, application_name: 'passed on', binary: true };
    const pool = new PoolOf(options);
    const client = await pool.connect();
    const { rows } = await client.query('show application_name');
    client.release();
    await pool.end();
    expect(options).toEqual({
      connectionString: database.url,
      max: 3,
      application_name: 'passed on',
      binary: true,
    });
    expect([(client as unknown as { binary: boolean }).binary, rows]).toEqual([
      true,
      [{ application_name: 'passed on' }],
    ]);
  });

  test('a pg.Query is carried out, and its result is the promise’s', async () => {
    const pool = open(PoolOf);
    const result = await (pool.query(new Query('select 1 as num')) as unknown as Promise<QueryResult>);
    expect(result.rows).toEqual([{ num: 1 }]);
    expect(
      await failure(pool.query(new Query('select nothing')) as unknown as Promise<unknown>),
    ).toMatchObject({
      code: '42703',
    });
  });

  test('a connection string says where', async () => {
    const pool = open(PoolOf);
    const { rows } = await pool.query('select current_database() as name');
    expect(rows).toEqual([{ name: database.database }]);
  });

  test('apart from a string, host and port, user and password say where; the password may be a function', async () => {
    const { address, user, password, database: name } = database;
    const pool = open(PoolOf, {
      connectionString: undefined,
      ...address,
      user,
      database: name,
      password: async () => password,
    });
    expect((await pool.query('select current_user as name')).rows).toEqual([{ name: user }]);
  });
});

test('a cursor given to query comes back as pg’s types say, and holds its connection until it ends', async () => {
  const pool = open(Pool, { max: 1 });
  const cursor = pool.query(new Cursor<{ num: number }>('select * from generate_series(1, 5) as num'));
  const first = await cursor.read(2);
  const idleMeanwhile = pool.idleCount;
  const rest = await cursor.read(10);
  await cursor.close();
  const { rows } = await pool.query('select 1 as num');
  expect([first.length, idleMeanwhile, rest.length, rows, pool.idleCount]).toEqual([
    2,
    0,
    3,
    [{ num: 1 }],
    1,
  ]);
});

test('a cursor for which there is no connection fails its reads', async () => {
  const pool = open(Pool, { connectionString: undefined, host: '127.0.0.1', port: await freePort() });
  const cursor = pool.query(new Cursor('select 1'));
  expect(await failure(cursor.read(1))).toMatchObject({ code: 'ECONNREFUSED' });
});
