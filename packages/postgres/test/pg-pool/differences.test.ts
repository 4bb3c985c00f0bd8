// Where ours differs from pg-pool on purpose. Each test that can shows both.
import { EventEmitter, once } from 'node:events';
import { Client, type PoolClient, Pool as PgPool } from 'pg';
import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/index.ts';
import { settingsOf } from '../../src/pg-pool/config.ts';
import { Pool, type PoolConfig } from '../../src/pg-pool.ts';
import { database, failure, open, until } from './support.ts';

const pid = async (pool: pg.Pool): Promise<number> =>
  (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;

describe('an SQL error', () => {
  test('B21: costs no connection; with pg-pool each costs one', async () => {
    const [theirs, ours] = [open(PgPool, { max: 1 }), open(Pool, { max: 1 })];
    const connects = { theirs: 0, ours: 0 };
    theirs.on('connect', () => void connects.theirs++);
    ours.on('connect', () => void connects.ours++);
    for (let turn = 0; turn < 5; turn++) {
      expect(await failure(theirs.query('select 1/0'))).toMatchObject({ code: '22012' });
      expect(await failure(ours.query('select 1/0'))).toMatchObject({ code: '22012' });
    }
    expect(connects).toEqual({ theirs: 5, ours: 1 });
  });

  test('a query that the driver gave up does, for the server still works on it', async () => {
    const pool = open(Pool, { max: 1, query_timeout: 50 });
    const before = await pid(pool);
    expect(await failure(pool.query('select pg_sleep(60)'))).toMatchObject({ message: 'Query read timeout' });
    expect(await pid(pool)).not.toBe(before);
  });
});

describe('min', () => {
  test('P15: is kept, from the first use on; pg-pool only does not go below it', async () => {
    const pool = open(Pool, { min: 3, max: 5 });
    await pool.query('select 1');
    await until(() => pool.idleCount === 3);
    const client = await pool.connect();
    client.release(true);
    await until(() => pool.idleCount === 3);
    expect([pool.totalCount, pool.core.metrics().counters.created]).toEqual([3, 4]);
  });
});

describe('a session', () => {
  test('T: is clean for the next borrower, whatever the one before has set', async () => {
    const pool = open(Pool, { max: 1 });
    const client = await pool.connect();
    await client.query("set search_path = 'theirs'; create temp table mine (); listen news");
    client.release();
    const { rows } = await pool.query(
      "select current_setting('search_path') as path, to_regclass('mine') as mine",
    );
    expect(rows).toEqual([{ path: '"$user", public', mine: null }]);
  });

  test('A36: with an open transaction is rolled back; pg-pool hands the transaction on', async () => {
    const [theirs, ours] = [open(PgPool, { max: 1 }), open(Pool, { max: 1 })];
    const states = [];
    for (const pool of [theirs, ours]) {
      const first = await pool.connect();
      await first.query('begin');
      first.release();
      const second = await pool.connect();
      states.push(second.getTransactionStatus());
      await second.query('rollback');
      second.release();
    }
    expect(states).toEqual(['T', 'I']);
  });

  test('with reset: never is what the one before left, as with pg-pool; but for a transaction', async () => {
    const pool = open(Pool, { max: 1, reset: 'never' });
    await pool.query("set search_path = 'theirs'");
    await pool.query('begin');
    const client = await pool.connect();
    const { rows } = await client.query('show search_path');
    client.release();
    expect([rows, client.getTransactionStatus()]).toEqual([[{ search_path: 'theirs' }], 'I']);
  });

  test('set up by a connect listener is made anew when a borrower has changed it', async () => {
    const pool = open(Pool, { max: 1 });
    pool.on('connect', (client) => void client.query("set search_path = 'house'"));
    const before = await pid(pool);
    const client = await pool.connect();
    await client.query("set statement_timeout = '1h'");
    client.release();
    const { rows } = await pool.query(
      "select current_setting('search_path') as path, current_setting('statement_timeout') as timeout",
    );
    expect(rows).toEqual([{ path: 'house', timeout: '0' }]);
    expect(await pid(pool)).not.toBe(before);
  });
});

describe('what hangs with pg-pool', () => {
  test('B4: whoever waits when the pool ends is served first', async () => {
    const pool = open(Pool, { max: 1 });
    const client = await pool.connect();
    const waiting = pool.connect();
    const end = pool.end();
    client.release();
    const second = await waiting;
    const { rows } = await second.query('select 1 as num');
    second.release();
    await end;
    expect([rows, pool.ended]).toEqual([[{ num: 1 }], true]);
  });

  test('A21: a client whose connection dies leaves its place, also when it is never released', async () => {
    const pool = open(Pool, { max: 1 });
    const client = await pool.connect();
    const died = once(client, 'error');
    client.connection.stream.destroy();
    await died;
    const { rows } = await pool.query('select 1 as num');
    expect(rows).toEqual([{ num: 1 }]);
    // Late, and harmless.
    client.release();
    expect(pool.totalCount).toBe(1);
  });

  test('a caller without connectionTimeoutMillis waits half a minute, and for ever with 0', () => {
    const times = [undefined, 0, 1_234].map((connectionTimeoutMillis) => {
      const config = { connectionTimeoutMillis } as PoolConfig;
      return settingsOf(config, open(Pool, config).options, Client).core.acquireTimeoutMs;
    });
    expect(times).toEqual([30_000, Infinity, 1_234]);
  });

  test('a throwing listener takes no client away', async () => {
    const pool = open(Pool, { max: 1 });
    const thrown: unknown[] = [];
    const listener = (error: unknown): void => void thrown.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', listener);
    try {
      pool.once('acquire', () => {
        throw new Error('from a listener');
      });
      expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
      await until(() => thrown.length === 1);
    } finally {
      process.removeListener('uncaughtException', listener);
      for (const other of others) process.on('uncaughtException', other);
    }
    expect([pool.totalCount, pool.idleCount, (thrown[0] as Error).message]).toEqual([
      1,
      1,
      'from a listener',
    ]);
  });
});

describe('what ends the process with pg-pool', () => {
  test('F1 F29: an idle client that dies with nobody listening does not', async () => {
    const pool = open(Pool, { max: 1 });
    const victim = await pid(pool);
    const other = new Client({ connectionString: database.url });
    await other.connect();
    // Not events.once(): it would listen to errors too.
    const removed = new Promise((resolve) => void pool.on('remove', resolve));
    await other.query('select pg_terminate_backend($1)', [victim]);
    await other.end();
    await removed;
    expect(await pid(pool)).not.toBe(victim);
  });
});

describe('connections', () => {
  test('P4: are opened for whoever waits when one is ready to be opened, not for each caller', async () => {
    const [theirs, ours] = [open(PgPool, { max: 20 }), open(Pool, { max: 20 })];
    for (const pool of [theirs, ours]) {
      await pool.query('select 1');
      await Promise.all(Array.from({ length: 20 }, () => pool.query('select 1')));
    }
    expect(theirs.totalCount).toBe(20);
    expect(ours.totalCount).toBeLessThan(20);
  });

  test('#3543: one that arrives after connectionTimeoutMillis is not kept', async () => {
    class SlowClient extends Client {
      override connect(): never {
        return new Promise((resolve) => setTimeout(resolve, 300)).then(() => super.connect()) as never;
      }
    }
    const pool = open(Pool, { connectionTimeoutMillis: 100, max: 1, Client: SlowClient as never });
    expect((await failure(pool.connect())).message).toContain('timeout');
    await until(() => pool.core.stats().size === 0);
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
    expect(pool.core.metrics().counters.created).toBeLessThanOrEqual(1);
  });

  test('the native client is refused, and said so', () => {
    class NotPgs extends EventEmitter {}
    expect(() => new Pool({ Client: NotPgs as never })).toThrow(OptionError);
  });
});

describe('what is new', () => {
  test('P5: a timeout carries the counts and the diagnosis as its cause', async () => {
    const pool = open(Pool, { max: 1, connectionTimeoutMillis: 1_500 });
    const client: PoolClient = await pool.connect();
    const { message, cause } = await failure(pool.connect());
    client.release();
    expect(message).toBe('timeout exceeded when trying to connect');
    expect(cause).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', stats: { max: 1, leased: 1 } });
  });

  test('core gives numbers and control, and core options win', async () => {
    const pool = open(Pool, { max: 3, core: { name: 'orders', max: 4, closeGraceMs: 0 } });
    await pool.query('select 1');
    expect(pool.core.stats()).toMatchObject({ name: 'orders', max: 4, idle: 1 });
    pool.core.resize({ max: 2 });
    expect([pool.core.stats().max, pool.core.metrics().counters.acquired]).toEqual([2, 1]);
  });
});
