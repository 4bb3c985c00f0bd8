// What libraries look for in a pool, beyond its verbs.
import Cursor from 'pg-cursor';
import { Client, Pool as PgPool } from 'pg';
import type pg from 'pg';
import { inspect } from 'node:util';
import { expect, expectTypeOf, test } from 'vitest';
import { Pool } from '../../src/pg-pool.ts';
import { called, database, open } from './support.ts';

test('rule 1: its direct prototype is of a class whose name contains "Pool"', () => {
  const pool = open(Pool);
  expect((Object.getPrototypeOf(pool) as object).constructor.name).toBe('Pool');
});

test('rule 2: the name of a client’s class does not contain "Pool"', async () => {
  const pool = open(Pool);
  const client = await pool.connect();
  client.release();
  expect((Object.getPrototypeOf(client) as object).constructor.name).toBe('Client');
  expect(client).toBeInstanceOf(Client);
});

test('rule 3: a connection is the same object for every borrower, and can be written on', async () => {
  const pool = open(Pool, { max: 1 });
  const first = (await pool.connect()) as pg.PoolClient & Record<string, unknown>;
  first['__knexUid'] = 'uid';
  const pid = (first as unknown as { processID: number }).processID;
  first.release();
  const second = (await pool.connect()) as pg.PoolClient & Record<string, unknown>;
  const { rows } = await second.query('select pg_backend_pid() as pid');
  second.release();
  expect([second === first, second['__knexUid'], rows]).toEqual([true, 'uid', [{ pid }]]);
});

test('rule 3: its query has the promise, the callback and the submittable form', async () => {
  const pool = open(Pool);
  const client = await pool.connect();
  const promised = await client.query('select 1 as num');
  const [, calledBack] = await called<pg.QueryResult>((callback) =>
    client.query('select 2 as num', callback as never),
  );
  const cursor = client.query(new Cursor('select 3 as num'));
  const read = await cursor.read(10);
  await cursor.close();
  client.release();
  expect([promised.rows, calledBack!.rows, read]).toEqual([[{ num: 1 }], [{ num: 2 }], [{ num: 3 }]]);
});

test('rule 4: connect, query and end have the promise and the callback form', async () => {
  const pool = open(Pool);
  expect(pool.connect((_, __, done) => done()) as unknown).toBeUndefined();
  expect(pool.query('select 1', () => undefined) as unknown).toBeUndefined();
  expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
  const [, , release] = await called<() => void>((callback) => pool.connect(callback as never));
  release!();
});

test('rule 6: options has max, and the password without showing it', () => {
  const { address, user, password, database: name } = database;
  const pool = open(Pool, {
    connectionString: undefined,
    ...address,
    user,
    password,
    database: name,
    max: 7,
  });
  expect(pool.options.max).toBe(7);
  expect((pool.options as { password?: string }).password).toBe(password);
  expect(Object.keys(pool.options)).not.toContain('password');
  expect(JSON.stringify(pool.options)).not.toContain(password);
});

test('P24: printing the pool, or making JSON of it, shows its numbers and no password', async () => {
  const pool = open(Pool, { ssl: false, max: 7 });
  await pool.query('select 1');
  const shown = inspect(pool, { depth: Infinity, showHidden: true }) + JSON.stringify(pool);
  expect(shown).not.toContain(database.password);
  expect(JSON.parse(JSON.stringify(pool))).toMatchObject({ max: 7, idle: 1 });
});

test('rule 6: the counters are numbers, and Client opens a connection beside the pool', async () => {
  const pool = open(Pool);
  const { totalCount, idleCount, waitingCount, expiredCount, ending, ended } = pool;
  expect([totalCount, idleCount, waitingCount, expiredCount, ending, ended]).toEqual([
    0,
    0,
    0,
    0,
    false,
    false,
  ]);
  const { Client: ClientOfPool } = pool as unknown as { Client: typeof Client };
  const client = new ClientOfPool({ ...pool.options });
  await client.connect();
  const { rows } = await client.query('select 1 as num');
  await client.end();
  expect([rows, pool.totalCount]).toEqual([[{ num: 1 }], 0]);
});

test('rule 7: it has nothing that makes a library take it for something else', () => {
  const pool = open(Pool) as unknown as Record<string, unknown>;
  const sniffed = [
    'getConnection',
    'aggregate',
    'dialect',
    'createDriver',
    'db',
    'open',
    'close',
    'prepare',
    'batch',
    'exec',
  ];
  expect(sniffed.filter((name) => pool[name] !== undefined)).toEqual([]);
  const ofTarn = ['acquire', 'release', 'destroy', 'numFree', 'numUsed', 'numPendingAcquires'];
  expect(ofTarn.filter((name) => pool[name] !== undefined)).toEqual([]);
});

test('rules 8 and 9: it is a pg.Pool, for instanceof and for the compiler, and opens nothing by itself', () => {
  const handles = process.getActiveResourcesInfo().length;
  const pool: pg.Pool = open(Pool);
  expect(pool).toBeInstanceOf(PgPool);
  expect(process.getActiveResourcesInfo().length).toBe(handles);
  expectTypeOf<Pool>().toExtend<pg.Pool>();
  expectTypeOf(pool.query<{ num: number }>(''))
    .resolves.toHaveProperty('rows')
    .toEqualTypeOf<{ num: number }[]>();
});
