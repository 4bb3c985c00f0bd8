// Where the drop-in is deliberately not as mysql2's pool.
import { inspect } from 'node:util';
import { LeaseEndedError, PoolClosedError, QueueFullError } from '@pool/core';
import { freshDatabase, startPrivateMysql } from '@pool/testbed/mysql';
import type * as mysql2 from 'mysql2';
import * as promises from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createPool, type Pool, type PoolOptions } from '../../src/mysql2.ts';

/** For a busy machine. */
const PATIENCE = { timeout: 20_000 };
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const server = await freshDatabase();
const admin = await promises.createConnection(server.url);
afterAll(async () => {
  await admin.end();
  await server.drop();
});

const pools: Pool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});

function open(options: PoolOptions = {}, ours: Parameters<typeof createPool>[1] = {}): Pool {
  const { host, port } = server.address;
  const { user, password, database } = server;
  const pool = createPool(
    { host, port, user, password, database, ...options },
    { closeGraceMs: 500, ...ours },
  );
  pool.core.on('error', () => {});
  pools.push(pool);
  return pool;
}

async function ask(source: promises.Pool | promises.PoolConnection, sql: string): Promise<unknown> {
  const [rows] = await source.query<RowDataPacket[]>({ sql, rowsAsArray: true });
  return (rows[0] as unknown as unknown[])[0];
}

const driverOf = ({ connection }: promises.PoolConnection): mysql2.PoolConnection =>
  connection as unknown as mysql2.PoolConnection;

describe('the end of a lease', () => {
  it('P9: a second release() gives back nothing of the next borrower', async () => {
    const pool = open({ connectionLimit: 1 });
    const first = await pool.getConnection();
    first.release();
    const second = await pool.getConnection();
    first.release();
    pool.releaseConnection(first);
    expect(pool.core.stats()).toMatchObject({ leased: 1, idle: 0 });
    expect(pool.core.metrics().counters.misused).toBe(2);
    second.release();
  });

  it('P9: a statement after the release never reaches the next borrower', async () => {
    const pool = open({ connectionLimit: 1 });
    const first = await pool.getConnection();
    first.release();
    const second = await pool.getConnection();
    expect(() => first.query('set @theirs = 1')).toThrow(LeaseEndedError);
    expect(() => first.execute('select 1')).toThrow(LeaseEndedError);
    expect(() => first.beginTransaction()).toThrow(LeaseEndedError);
    expect(await ask(second, 'select @theirs')).toBeNull();
    second.release();
  });

  it('B1: destroy() after release() does not close the connection of the next borrower', async () => {
    const pool = open({ connectionLimit: 1 });
    const first = await pool.getConnection();
    first.release();
    const second = await pool.getConnection();
    first.destroy();
    expect(await ask(second, 'select 1')).toBe(1);
    second.release();
  });

  it('P6: leaves no listener of a borrower on the connection', async () => {
    const pool = open({ connectionLimit: 1 });
    const counts: number[] = [];
    for (let borrower = 0; borrower < 3; borrower++) {
      const connection = await pool.getConnection();
      connection.on('error', () => {});
      connection.on('end', () => {});
      const driver = driverOf(connection);
      connection.release();
      counts.push(driver.listenerCount('error') + driver.listenerCount('end'));
    }
    expect(new Set(counts).size).toBe(1);
  });

  it('A36: rolls back what a borrower left open', async () => {
    const pool = open({ connectionLimit: 1 });
    await pool.query('create table if not exists marks (mark int)');
    const connection = await pool.getConnection();
    await connection.beginTransaction();
    await connection.query('insert into marks values (1)');
    connection.release();
    expect(await ask(pool, 'select count(*) from marks')).toBe(0);
  });

  it('resets what a borrower has set, on the same connection', async () => {
    const pool = open({ connectionLimit: 1 });
    const connection = await pool.getConnection();
    const { threadId } = connection;
    await connection.query('set @tenant = 7, @@session.sql_mode = ""');
    connection.release();
    expect(await ask(pool, 'select @tenant')).toBeNull();
    expect(await ask(pool, 'select @@sql_mode')).not.toBe('');
    expect(await ask(pool, 'select connection_id()')).toBe(threadId);
  });

  it('with resetOnRelease: false, only rolls back', async () => {
    const pool = open({ connectionLimit: 1, resetOnRelease: false });
    await pool.query('create table if not exists marks (mark int)');
    const connection = await pool.getConnection();
    await connection.query('set @tenant = 7');
    await connection.beginTransaction();
    await connection.query('insert into marks values (1)');
    connection.release();
    expect(await ask(pool, 'select @tenant')).toBe(7);
    expect(await ask(pool, 'select count(*) from marks')).toBe(0);
  });

  it('opens another connection, set up by its listeners, where a borrower changed one that they had set up', async () => {
    const pool = open({ connectionLimit: 1 });
    pool.on('connection', (connection) => void connection.query('set @@session.lock_wait_timeout = 77'));
    const connection = await pool.getConnection();
    const { threadId } = connection;
    await connection.query('select 1');
    connection.release();
    expect(await ask(pool, 'select connection_id()')).toBe(threadId);
    await pool.query('set @tenant = 7');
    expect(await ask(pool, 'select @tenant')).toBeNull();
    expect(await ask(pool, 'select @@lock_wait_timeout')).toBe(77);
    expect(await ask(pool, 'select connection_id()')).not.toBe(threadId);
  });
});

describe('lending', () => {
  it('P3, B17: a newcomer never overtakes one that waits', async () => {
    const pool = open({ connectionLimit: 2 });
    const held = [await pool.getConnection(), await pool.getConnection()];
    const served: string[] = [];
    const caller = async (name: string): Promise<void> => {
      const connection = await pool.getConnection();
      served.push(name);
      connection.release();
    };
    const all = Array.from({ length: 6 }, (_, index) => caller(`waiting ${index}`));
    // The one that gives back asks again in the same turn, which with mysql2 may go first.
    held[0]!.release();
    all.push(caller('newcomer'));
    held[1]!.release();
    await Promise.all(all);
    expect(served).toEqual([
      'waiting 0',
      'waiting 1',
      'waiting 2',
      'waiting 3',
      'waiting 4',
      'waiting 5',
      'newcomer',
    ]);
  });

  it('P5: a caller that waits is told after acquireTimeoutMs', async () => {
    const pool = open({ connectionLimit: 1 }, { acquireTimeoutMs: 30 });
    // However long the connect takes: the deadline of this test is that of a caller in the queue.
    const lease = await pool.core.acquire({ timeoutMs: 30_000 });
    await expect(pool.getConnection()).rejects.toMatchObject({
      code: 'POOL_ACQUIRE_TIMEOUT',
      phase: 'queue',
    });
    await expect(pool.query('select 1')).rejects.toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT' });
    lease.release();
  });

  it('P8: refusals are errors with a code', async () => {
    const pool = open({ connectionLimit: 1, queueLimit: 1 });
    const connection = await pool.getConnection();
    const waiting = pool.getConnection();
    await expect(pool.getConnection()).rejects.toThrow(QueueFullError);
    connection.release();
    (await waiting).release();
    await pool.end();
    await expect(pool.getConnection()).rejects.toThrow(PoolClosedError);
  });

  it('F4, P12: a server that was there is waited for', { timeout: 60_000 }, async () => {
    const own = await startPrivateMysql();
    const pool = createPool({ uri: own.url, connectionLimit: 1 }, { acquireTimeoutMs: 50_000 });
    pools.push(pool);
    expect(await ask(pool, 'select 1')).toBe(1);
    await own.stop();
    const late = ask(pool, 'select 2');
    await expect.poll(() => pool.core.stats().connectFailure?.code, PATIENCE).toBe('ECONNREFUSED');
    await own.start();
    expect(await late).toBe(2);
    await pool.end();
    await own.remove();
  });

  it('F14, P11: a connection that the server killed while lent frees its place at once, without a release', async () => {
    const pool = open({ connectionLimit: 1 });
    const lost = await pool.getConnection();
    const next = pool.getConnection();
    await admin.query(`kill ${lost.threadId}`);
    const other = await next;
    expect(await ask(other, 'select 1')).toBe(1);
    lost.release();
    expect(pool.core.stats().leased).toBe(1);
    other.release();
  });

  it('F14: a connection that the server killed in a query of the pool is not lent again', async () => {
    const pool = open({ connectionLimit: 1 });
    const id = await ask(pool, 'select connection_id()');
    const failure = pool.query('select sleep(60)').catch((error: unknown) => error);
    await vi.waitFor(async () => {
      const [rows] = await admin.query<RowDataPacket[]>(
        "select 1 from information_schema.processlist where id = ? and info like '%sleep%'",
        [id],
      );
      expect(rows).toHaveLength(1);
    }, PATIENCE);
    await admin.query(`kill ${id as number}`);
    expect(await failure).toMatchObject({ fatal: true });
    expect(await ask(pool, 'select connection_id()')).not.toBe(id);
  });

  it('closes idle connections above maxIdle when they come back', async () => {
    const pool = open({ connectionLimit: 4, maxIdle: 1 });
    const leases = await Promise.all(Array.from({ length: 4 }, () => pool.getConnection()));
    for (const lease of leases) lease.release();
    await expect.poll(() => pool.core.stats(), PATIENCE).toMatchObject({ size: 1, idle: 1 });
  });

  it('B16, P21: a listener or a callback that throws costs no connection, and is told to the process', async () => {
    const pool = open({ connectionLimit: 1 });
    const thrown = await uncaughtDuring(async () => {
      pool.pool.once('acquire', () => {
        throw new Error('of a listener');
      });
      const connection = await pool.getConnection();
      connection.release();
      pool.pool.getConnection((_error, lent) => {
        lent.release();
        throw new Error('of a callback');
      });
      expect(await ask(pool, 'select 1')).toBe(1);
    });
    expect(thrown.map(String)).toEqual(['Error: of a listener', 'Error: of a callback']);
  });
});

/** What nobody caught meanwhile. */
async function uncaughtDuring(work: () => Promise<void>): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error));
  try {
    await work();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
  return uncaught;
}

describe('end()', () => {
  it('F28, P19: waits for leases, whose queries go on', async () => {
    const pool = open({}, { closeGraceMs: 60_000 });
    const connection = await pool.getConnection();
    let isEnded = false;
    const ended = pool.end().then(() => (isEnded = true));
    expect(await ask(connection, 'select sleep(0.01)')).toBe(0);
    expect(isEnded).toBe(false);
    connection.release();
    await ended;
  });

  it('P19: may be called again, also with a callback', async () => {
    const pool = open();
    await pool.query('select 1');
    await Promise.all([pool.end(), pool.end(), new Promise((resolve) => pool.pool.end(resolve))]);
    expect(pool.core.stats()).toMatchObject({ size: 0, phase: 'closed' });
  });
});

describe('end() of a lent connection', () => {
  it('closes it with gracefulEnd', async () => {
    const pool = open({ connectionLimit: 1, gracefulEnd: true });
    const connection = await pool.getConnection();
    const { threadId } = connection;
    await connection.end();
    expect(await ask(pool, 'select connection_id()')).not.toBe(threadId);
  });
});

describe('options', () => {
  it.each([
    [{ connectionLimit: 0 }, 'max'],
    [{ connectionLimit: 'many' as never }, 'connectionLimit'],
    [{ maxIdle: -1 }, 'maxIdle'],
    [{ idleTimeout: 0 }, 'idleTimeoutMs'],
    [{ port: 'none' as never }, 'connection.port'],
  ])('refuses %j, and names the option', (options: PoolOptions, option) => {
    expect(() => createPool(options)).toThrow(
      expect.objectContaining({ code: 'POOL_INVALID_OPTION', option }) as Error,
    );
  });

  it('refuses an option in both words', () => {
    expect(() => createPool({ connectionLimit: 5 }, { max: 5 })).toThrow(
      /"connectionLimit".*not given|connectionLimit/,
    );
    expect(() => createPool({ queueLimit: 5 }, { maxWaiting: 5 })).toThrow('queueLimit');
  });

  it.each(['multipleStatements=true', 'ssl={"rejectUnauthorized":false}', 'flags=LOCAL_FILES'])(
    'refuses %s in a URL',
    (parameter) => {
      const url = `mysql://user:canary@127.0.0.1/test?${encodeURI(parameter)}`;
      expect(() => createPool(url)).toThrow(
        expect.objectContaining({ code: 'POOL_INVALID_OPTION' }) as Error,
      );
      expect(() => createPool({ uri: url } as PoolOptions)).toThrow(/^(?!.*canary)/);
    },
  );

  it('takes numbers as text, and 0 as no limit of the queue', () => {
    const pool = open({ connectionLimit: '3' as never, queueLimit: 0, connectTimeout: 0 });
    expect(pool.core.stats().max).toBe(3);
  });

  it('takes what is beside a URL before what is in it', async () => {
    const pool = createPool({
      uri: `${server.url}?connectionLimit=2&timezone=Z`,
      connectionLimit: 1,
    } as PoolOptions);
    pools.push(pool);
    expect(pool.core.stats().max).toBe(1);
    expect(await ask(pool, 'select database()')).toBe(server.database);
  });

  it('takes nothing from a polluted Object.prototype', () => {
    Object.assign(Object.prototype, { connectionLimit: 1, multipleStatements: true });
    try {
      const pool = open();
      expect(pool.core.stats().max).toBe(10);
    } finally {
      delete (Object.prototype as Record<string, unknown>)['connectionLimit'];
      delete (Object.prototype as Record<string, unknown>)['multipleStatements'];
    }
  });

  it('asks a password function for each connection', async () => {
    let asked = 0;
    const pool = open({
      password: () => {
        asked++;
        return server.password;
      },
    });
    const two = await Promise.all([pool.getConnection(), pool.getConnection()]);
    for (const connection of two) connection.release();
    expect(asked).toBe(2);
  });

  it('returns promises of the class that was asked for', async () => {
    class Mine<T> extends Promise<T> {}
    const pool = open({ Promise: Mine as PromiseConstructor });
    const lent = pool.getConnection();
    expect(lent).toBeInstanceOf(Mine);
    const connection = await lent;
    expect(pool.query('select 1')).toBeInstanceOf(Mine);
    expect(connection.query('select 1')).toBeInstanceOf(Mine);
    await connection.query('select 1');
    connection.release();
  });
});

it('P24: shows no password in an inspection or as JSON', () => {
  const pool = open({ password: 'canary-of-the-pool' });
  expect(inspect(pool, { depth: Infinity, showHidden: true })).not.toContain('canary');
  expect(JSON.stringify(pool.core.stats())).not.toContain('canary');
});

it('is what types call a pool of mysql2', () => {
  const pool = open();
  const promiseFlavour: promises.Pool = pool;
  const callbackFlavour: mysql2.Pool = pool.pool;
  expect(promiseFlavour.pool).toBe(callbackFlavour);
});
