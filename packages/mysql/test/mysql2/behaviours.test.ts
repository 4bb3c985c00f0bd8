// What those who hold a pool of mysql2's count on: the same for mysql2's own and for ours.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import * as mysql2 from 'mysql2';
import * as promises from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '@pool/testbed/mysql';
import { createPool, type PoolOptions } from '../../src/mysql2.ts';

// For a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const server = await freshDatabase();
afterAll(() => server.drop());

const pools: promises.Pool[] = [];
afterEach(async () => {
  // A second end() of mysql2 fails.
  await Promise.allSettled(pools.splice(0).map((pool) => pool.end()));
});

const implementations = [
  ['mysql2', (options: PoolOptions | string) => promises.createPool(options as promises.PoolOptions)],
  ['@pool/mysql/mysql2', (options: PoolOptions | string) => createPool(options)],
] as const;

const ID = 'select connection_id() as id';
const idOf = async (source: promises.Pool | promises.PoolConnection): Promise<number> => {
  const [rows] = await source.query<RowDataPacket[]>(ID);
  return rows[0]!['id'] as number;
};

const stackOf = (failing: Promise<unknown>): Promise<string | undefined> =>
  failing.then(
    () => undefined,
    (error: Error) => error.stack,
  );

/** mysql2's types call it a promise connection, which it is not. */
const driverOf = ({ connection }: promises.PoolConnection): mysql2.PoolConnection =>
  connection as unknown as mysql2.PoolConnection;

describe.each(implementations)('%s', (_name, create) => {
  const open = (options: PoolOptions = {}): promises.Pool => {
    const { host, port } = server.address;
    const { user, password, database } = server;
    const pool = create({ host, port, user, password, database, ...options });
    pools.push(pool);
    return pool;
  };

  it('takes a URL, with the size of the pool in it', async () => {
    const pool = create(`${server.url}?connectionLimit=1`);
    pools.push(pool);
    const [one, other] = await Promise.all([idOf(pool), idOf(pool)]);
    expect(one).toBe(other);
  });

  it('answers query and execute with rows and fields, in all their forms', async () => {
    const pool = open({ namedPlaceholders: true });
    const [rows, fields] = await pool.query('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
    expect(fields.map(({ name }) => name)).toEqual(['one']);
    expect((await pool.query('select ? as one', [1]))[0]).toEqual([{ one: 1 }]);
    expect((await pool.query('select :one as one', { one: 1 }))[0]).toEqual([{ one: 1 }]);
    expect((await pool.query({ sql: 'select ? as one', rowsAsArray: true }, ['1']))[0]).toEqual([['1']]);
    expect((await pool.query({ sql: 'select ? as one', values: [2] }))[0]).toEqual([{ one: 2 }]);
    expect((await pool.execute('select ? as one', ['1']))[0]).toEqual([{ one: '1' }]);
    expect((await pool.execute('select 1 as one'))[0]).toEqual([{ one: 1 }]);
    expect((await pool.execute({ sql: 'select ? as one', rowsAsArray: true }, ['1']))[0]).toEqual([['1']]);
    expect((await pool.query('do 1'))[0]).toMatchObject({ affectedRows: 0 });
  });

  it('answers callbacks through `.pool`, which is the callback flavour and an own property', async () => {
    const pool = open({ connectionLimit: 1 });
    const { pool: callbacks } = { ...pool };
    expect(callbacks).toBe(pool.pool);
    expect('promise' in pool).toBe(false);
    expect(
      await new Promise((resolve) => callbacks.query('select 1 as one', (_error, rows) => resolve(rows))),
    ).toEqual([{ one: 1 }]);
    expect(
      await new Promise((resolve) =>
        callbacks.execute('select ? as one', ['2'], (_error, rows) => resolve(rows)),
      ),
    ).toEqual([{ one: '2' }]);
    const error = await new Promise((resolve) => callbacks.query('select', resolve));
    expect(error).toMatchObject({ code: 'ER_PARSE_ERROR' });
    expect((await callbacks.promise().query('select 3 as one'))[0]).toEqual([{ one: 3 }]);
    const connection = await new Promise<mysql2.PoolConnection>((resolve, reject) => {
      callbacks.getConnection((failure, lent) => (failure === null ? resolve(lent) : reject(failure)));
    });
    expect(connection.threadId).toBeGreaterThan(0);
    expect(await idOf(connection.promise())).toBe(connection.threadId);
    connection.release();
  });

  it('throws from a promise call that is given a callback', async () => {
    const pool = open();
    expect(() => pool.query('select 1', (() => {}) as never)).toThrow('Callback function is not available');
    expect(() => pool.execute('select 1', (() => {}) as never)).toThrow('Callback function is not available');
  });

  it('is an instance of mysql2 classes, and so is what it lends', async () => {
    const { Pool } = mysql2 as unknown as { Pool: new () => mysql2.Pool };
    const { PromisePool } = promises as unknown as { PromisePool: new () => promises.Pool };
    const pool = open();
    expect(pool).toBeInstanceOf(PromisePool);
    expect(pool.pool).toBeInstanceOf(Pool);
    const connection = await pool.getConnection();
    expect(connection).toBeInstanceOf(promises.PoolConnection);
    expect(connection.connection).toBeInstanceOf(mysql2.PoolConnection);
    connection.release();
  });

  it('lends the same callback connection for the same session of the server', async () => {
    const pool = open({ connectionLimit: 1 });
    const first = await pool.getConnection();
    const { connection } = first;
    first.release();
    const second = await pool.getConnection();
    expect(second.connection).toBe(connection);
    expect(second.threadId).toBe(connection.threadId);
    second.release();
  });

  it('makes the next caller wait for a release, and for a destroy', async () => {
    const pool = open({ connectionLimit: 1 });
    const first = await pool.getConnection();
    const { threadId } = first;
    const second = pool.getConnection();
    pool.releaseConnection(first);
    expect((await second).threadId).toBe(threadId);
    const third = pool.getConnection();
    (await second).destroy();
    expect((await third).threadId).not.toBe(threadId);
    (await third).release();
  });

  it('returns a connection whose borrower calls end()', async () => {
    const pool = open({ connectionLimit: 1 });
    const { connection, threadId } = await pool.getConnection();
    const called = new Promise((resolve) => connection.end(resolve));
    await called;
    expect(await idOf(pool)).toBe(threadId);
  });

  it('gives a connection back at the end of an `await using` block', async () => {
    const pool = open({ connectionLimit: 1 });
    const ids: number[] = [];
    for (let round = 0; round < 2; round++) {
      await using connection = await pool.getConnection();
      ids.push(await idOf(connection));
    }
    expect(ids[0]).toBe(ids[1]);
  });

  it('runs a transaction on one connection', async () => {
    const pool = open();
    await pool.query('create table if not exists counts (name varchar(64) primary key, count int)');
    const connection = await pool.getConnection();
    const name = `${_name} transaction`;
    await connection.beginTransaction();
    await connection.execute('insert into counts values (?, 1)', [name]);
    expect(await idOf(connection)).toBe(connection.threadId);
    await connection.rollback();
    await connection.beginTransaction();
    await connection.query('insert into counts values (?, 2)', [name]);
    await connection.commit();
    connection.release();
    expect((await pool.query('select count from counts where name = ?', [name]))[0]).toEqual([{ count: 2 }]);
  });

  it('keeps a connection whose statement failed', async () => {
    const pool = open({ connectionLimit: 1 });
    const before = await idOf(pool);
    await expect(pool.query('select * from nowhere')).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
    await expect(pool.execute('select * from nowhere')).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
    await expect(pool.execute('select ?', [undefined as never])).rejects.toThrow(
      'must not contain undefined',
    );
    expect(await idOf(pool)).toBe(before);
  });

  it('names whoever asked in the stack of an error', async () => {
    const pool = open();
    for (const stack of [
      await stackOf(pool.query('select * from nowhere')),
      await stackOf(pool.execute('select * from nowhere')),
    ]) {
      expect(stack).toContain('behaviours.test.ts');
      expect(stack).toContain("nowhere' doesn't exist");
    }
  });

  it('streams from the pool and from a connection, and gives the connection back', async () => {
    const pool = open({ connectionLimit: 1 });
    const sql =
      'with recursive n (i) as (select 1 union all select i + 1 from n where i < 500) select i from n';
    const before = await idOf(pool);
    const seen: unknown[] = [];
    for await (const row of pool.pool.query(sql).stream()) seen.push(row);
    expect(seen).toHaveLength(500);
    const connection = await pool.getConnection();
    for await (const row of driverOf(connection).query(sql).stream({ highWaterMark: 5 })) seen.push(row);
    connection.release();
    expect(seen).toHaveLength(1000);
    expect(seen.at(-1)).toEqual({ i: 500 });
    expect(await idOf(pool)).toBe(before);
  });

  it('tells of connections, leases and queues by events, in both flavours', async () => {
    const pool = open({ connectionLimit: 1 });
    const told: string[] = [];
    for (const event of ['connection', 'acquire', 'release', 'enqueue'] as const) {
      pool.on(event as 'connection', () => told.push(event));
      pool.pool.on(event, (connection?: mysql2.PoolConnection) =>
        told.push(`${event} ${typeof connection?.threadId}`),
      );
    }
    const first = await pool.getConnection();
    const second = pool.getConnection();
    first.release();
    (await second).release();
    expect(told.filter((event) => event.startsWith('connection'))).toHaveLength(2);
    expect(new Set(told)).toEqual(
      new Set([
        'connection',
        'connection number',
        'acquire',
        'acquire number',
        'enqueue',
        'enqueue undefined',
        'release',
        'release number',
      ]),
    );
    expect(told.indexOf('connection')).toBeLessThan(told.indexOf('acquire'));
  });

  it('runs what a `connection` listener sends before anything of the borrower, and for every borrower', async () => {
    const pool = open({ connectionLimit: 1 });
    pool.on('connection', (connection) => void connection.query('set @@session.lock_wait_timeout = 77'));
    for (let borrower = 0; borrower < 3; borrower++) {
      expect((await pool.query('select @@lock_wait_timeout as seconds'))[0]).toEqual([{ seconds: 77 }]);
      const connection = await pool.getConnection();
      await connection.query('set @mine = 1');
      connection.release();
    }
  });

  it('refuses at once whoever would have to wait, without waitForConnections', async () => {
    const pool = open({ connectionLimit: 1, waitForConnections: false });
    const connection = await pool.getConnection();
    await expect(pool.getConnection()).rejects.toThrow('No connections available.');
    await expect(pool.query('select 1')).rejects.toThrow('No connections available.');
    connection.release();
    expect(await idOf(pool)).toBeGreaterThan(0);
  });

  it('refuses at once whoever comes when queueLimit callers wait', async () => {
    const pool = open({ connectionLimit: 1, queueLimit: 1 });
    const connection = await pool.getConnection();
    const waiting = pool.getConnection();
    await expect(pool.getConnection()).rejects.toThrow(/Queue limit reached|waiting already/);
    await expect(pool.query('select 1')).rejects.toThrow(/Queue limit reached|waiting already/);
    connection.release();
    (await waiting).release();
  });

  it('tells on the console of an option that mysql2 does not have, and goes on', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    const pool = open({ acquireTimeout: 1 } as PoolOptions);
    expect(await idOf(pool)).toBeGreaterThan(0);
    expect(told.mock.calls.flat().join('\n')).toContain('acquireTimeout');
    told.mockRestore();
  });

  it('escapes and formats as mysql2 does', () => {
    const pool = open({ timezone: 'Z' });
    expect(pool.escape("o'clock")).toBe(mysql2.escape("o'clock"));
    expect(pool.escapeId('a`b')).toBe('`a``b`');
    expect(pool.format('? ??', [1, 'column'])).toBe('1 `column`');
    expect(pool.pool.format('?', [new Date(0)])).toBe("'1970-01-01 00:00:00.000'");
  });

  it('tells whoever asked at once that the server cannot be reached', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    await promisify(listener.close.bind(listener))();
    const pool = open({ host: '127.0.0.1', port });
    const unreachable = { code: 'ECONNREFUSED', port };
    await expect(pool.query('select 1')).rejects.toMatchObject(unreachable);
    await expect(Promise.all([pool.getConnection(), pool.getConnection()])).rejects.toMatchObject(
      unreachable,
    );
  });

  it('reports a failure to connect to whoever asked', async () => {
    const pool = open({ password: 'wrong' });
    const denied = { code: 'ER_ACCESS_DENIED_ERROR', errno: 1045 };
    await expect(pool.query('select 1')).rejects.toMatchObject(denied);
    await expect(pool.getConnection()).rejects.toMatchObject(denied);
    const late = new Promise((resolve) => pool.pool.query('select 1', resolve));
    expect(await late).toMatchObject(denied);
  });

  it('loses a connection that the server ends, and opens another', async () => {
    const pool = open({ connectionLimit: 1 });
    const admin = await promises.createConnection(server.url);
    const before = await idOf(pool);
    const lent = await pool.getConnection();
    const ended = once(lent.connection, 'end');
    await admin.query(`kill ${before}`);
    await ended;
    lent.release();
    expect(await idOf(pool)).not.toBe(before);
    await admin.end();
  });

  it('refuses whoever comes after end()', async () => {
    const pool = open();
    expect(await idOf(pool)).toBeGreaterThan(0);
    await pool.end();
    await expect(pool.getConnection()).rejects.toThrow(/closed/i);
    await expect(pool.query('select 1')).rejects.toThrow(/closed/i);
  });

  it('ends at the end of an `await using` block', async () => {
    let outside: promises.Pool;
    {
      await using pool = open();
      outside = pool;
      await idOf(pool);
    }
    await expect(outside.getConnection()).rejects.toThrow(/closed/i);
  });
});
