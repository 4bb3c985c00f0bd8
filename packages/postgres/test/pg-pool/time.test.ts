// Time is the subject here: the limits of pg-pool's options.
import { createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOTH, called, failure, open, until } from './support.ts';

/** Accepts, and never says a word. */
const silent = createServer((socket) => void socket.on('error', () => undefined).resume());
let silentPort: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
  silentPort = (silent.address() as AddressInfo).port;
});
afterAll(() => void silent.close());

const nowhere = (): object => ({ connectionString: undefined, host: '127.0.0.1', port: silentPort });

describe.each(BOTH)('connectionTimeoutMillis, %s', (_, PoolOf) => {
  test('bounds a connect, in both forms', async () => {
    const pool = open(PoolOf, { connectionTimeoutMillis: 20, ...nowhere() });
    const [error, client] = await called((callback) => pool.connect(callback as never));
    expect([(error as Error).message, client]).toEqual([expect.stringContaining('timeout'), undefined]);
    expect((await failure(pool.connect())).message).toContain('timeout');
    // Two deadlines of the same length: the caller's, and that of its connect.
    await until(() => pool.totalCount === 0);
    expect(pool.idleCount).toBe(0);
  });

  test('ends one caller after the other', async () => {
    const pool = open(PoolOf, { connectionTimeoutMillis: 1, ...nowhere() });
    for (let turn = 0; turn < 15; turn++)
      expect((await failure(pool.connect())).message).toContain('timeout');
  });

  test('bounds the wait for a client that another has, of connect and of query', async () => {
    const pool = open(PoolOf, { connectionTimeoutMillis: 1_500, max: 1 });
    const client = await pool.connect();
    const [connect, query] = await Promise.all([failure(pool.connect()), failure(pool.query('select 1'))]);
    expect([connect.message, query.message]).toEqual(
      Array.from({ length: 2 }, () => 'timeout exceeded when trying to connect'),
    );
    client.release();
    expect((await pool.query('select $1::text as name', ['ada'])).rows).toEqual([{ name: 'ada' }]);
    expect(pool.waitingCount).toBe(0);
  });

  test('takes nothing from those that come after', async () => {
    const pool = open(PoolOf, { connectionTimeoutMillis: 1_500, max: 1 });
    const client = await pool.connect();
    const early = failure(pool.connect());
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const late = pool.connect();
    await early;
    client.release();
    (await late).release();
    expect(pool.idleCount).toBe(1);
  });
});

describe.each(BOTH)('a server that cuts every connection, %s', (_, PoolOf) => {
  test('fails those that wait, one and all', async () => {
    const cutting = createServer((socket) => void socket.destroy());
    await new Promise<void>((resolve) => void cutting.listen(0, '127.0.0.1', resolve));
    const { port } = cutting.address() as AddressInfo;
    const pool = open(PoolOf, { ...nowhere(), port, max: 1 });
    const errors = await Promise.all([failure(pool.connect()), failure(pool.connect())]);
    cutting.close();
    expect(errors.every((error) => error instanceof Error)).toBe(true);
    expect(pool.totalCount).toBe(0);
  });

  test('is forgotten as soon as a connect succeeds', async () => {
    let fails = 1;
    class FlakyClient extends Client {
      override connect(callback?: unknown): never {
        if (fails-- <= 0)
          return (super.connect as (callback?: unknown) => unknown).call(this, callback) as never;
        const error = new Error('Temporary connection failure');
        if (typeof callback !== 'function') return Promise.reject(error) as never;
        process.nextTick(() => (callback as (error: Error) => void)(error));
        return undefined as never;
      }
    }
    const pool = open(PoolOf, { Client: FlakyClient as never, max: 1, connectionTimeoutMillis: 5_000 });
    expect(await failure(pool.connect())).toMatchObject({ message: 'Temporary connection failure' });
    expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
  });
});

describe.each(BOTH)('the end of a connection, %s', (_, PoolOf) => {
  test('comes idleTimeoutMillis after its last use', async () => {
    const pool = open(PoolOf, { idleTimeoutMillis: 50 });
    await pool.query('select 1');
    await until(() => pool.totalCount === 0);
    expect(pool.idleCount).toBe(0);
  });

  test('does not come while it is used', async () => {
    const pool = open(PoolOf, { idleTimeoutMillis: 1 });
    for (let turn = 0; turn < 5; turn++) {
      const client = await pool.connect();
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
      await client.query('select 1');
      client.release();
    }
  });

  test.each([[0], [null]])('never comes with idleTimeoutMillis: %s', async (idleTimeoutMillis) => {
    const pool = open(PoolOf, { idleTimeoutMillis });
    await pool.query('select 1');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(pool.idleCount).toBe(1);
  });

  test('by idleness leaves min connections', async () => {
    const pool = open(PoolOf, { max: 2, min: 1, idleTimeoutMillis: 20 });
    const clients = [await pool.connect(), await pool.connect()];
    for (const client of clients) client.release();
    await until(() => pool.totalCount === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  });

  test('comes with its last of maxUses', async () => {
    const pool = open(PoolOf, { maxUses: 2, max: 1 });
    const first = await pool.connect();
    first.release();
    const second = await pool.connect();
    const wasEnding = isEnded(second);
    second.release();
    const isEnding = isEnded(second);
    const third = await pool.connect();
    third.release();
    expect([second === first, wasEnding, isEnding, third === second]).toEqual([true, false, true, false]);
  });

  test('comes at maxLifetimeSeconds while it is idle', async () => {
    const pool = open(PoolOf, { maxLifetimeSeconds: 1 });
    await pool.query('select 1');
    await until(() => pool.totalCount === 0);
    expect(pool.expiredCount).toBe(0);
  });

  test('comes after maxLifetimeSeconds only when its borrower is done', async () => {
    const pool = open(PoolOf, { maxLifetimeSeconds: 1 });
    const client = await pool.connect();
    const before = pool.expiredCount;
    await until(() => pool.expiredCount === 1);
    await client.query('select 1');
    client.release();
    expect([before, pool.expiredCount, pool.totalCount]).toEqual([0, 0, 0]);
  });
});

function isEnded(client: Client): boolean {
  const { _ending: isEnding } = client as unknown as { _ending: boolean };
  return isEnding;
}
