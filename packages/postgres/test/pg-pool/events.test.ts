import { once, type EventEmitter } from 'node:events';
import type { PoolClient } from 'pg';
import { describe, expect, test } from 'vitest';
import { freePort } from '@pool/testbed/free-port';
import { BOTH, called, failure, open, until } from './support.ts';

const ignore = (): void => undefined;

describe.each(BOTH)('events, %s', (_, PoolOf) => {
  test('connect, then acquire, come with the client before its borrower has it', async () => {
    const pool = open(PoolOf);
    const told: [string, unknown][] = [];
    pool.on('connect', (client) => void told.push(['connect', client]));
    pool.on('acquire', (client) => void told.push(['acquire', client]));
    const client = await pool.connect();
    client.release();
    expect(told).toEqual([
      ['connect', client],
      ['acquire', client],
    ]);
  });

  test('connect comes once for a connection, acquire and release for each of its borrowers', async () => {
    const pool = open(PoolOf, { max: 1 });
    const counts = { connect: 0, acquire: 0, release: 0 };
    pool.on('connect', () => void counts.connect++);
    pool.on('acquire', () => void counts.acquire++);
    pool.on('release', () => void counts.release++);
    const clients = Array.from({ length: 10 }, async () => (await pool.connect()).release());
    await Promise.all([...clients, ...Array.from({ length: 10 }, () => pool.query('select 1'))]);
    expect(counts).toEqual({ connect: 1, acquire: 20, release: 20 });
  });

  test('connect does not come for a connection that fails', async () => {
    const pool = open(PoolOf, { connectionString: undefined, host: '127.0.0.1', port: await freePort() });
    let connects = 0;
    pool.on('connect', () => void connects++);
    await failure(pool.connect());
    expect(connects).toBe(0);
  });

  test('release comes with the error that the client was released with, and remove follows', async () => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    const removed = once(pool, 'remove');
    const released = once(pool as EventEmitter, 'release');
    const error = new Error('problem');
    client.release(error);
    expect(await released).toEqual([error, client]);
    expect(await removed).toEqual([client]);
    expect(pool.totalCount).toBe(0);
  });

  test('an idle client that fails is removed, and its error comes with it', async () => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    client.release();
    await until(() => pool.idleCount === 1);
    const errors: unknown[] = [];
    pool.on('error', (error, failed) => void errors.push(error, failed));
    client.on('error', () => undefined);
    const expected = new Error('on purpose');
    client.emit('error', expected);
    expect(errors).toEqual([expected, client]);
    expect((errors[0] as { client?: unknown }).client).toBe(client);
    expect([pool.idleCount, pool.totalCount]).toEqual([0, 0]);
    await pool.query('select 1');
  });

  test('what a pool was set up with by a connect listener holds for its borrowers', async () => {
    const pool = open(PoolOf, { max: 1 });
    pool.on('connect', (client) => void client.query("set search_path = 'mine'"));
    const paths = [];
    for (let turn = 0; turn < 3; turn++) paths.push((await pool.query('show search_path')).rows[0]);
    expect(paths).toEqual(Array.from({ length: 3 }, () => ({ search_path: 'mine' })));
  });

  test('a listener gets notifications of a client that listens', async () => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    const notified = once(client, 'notification');
    await client.query('listen news');
    await pool.query("select pg_notify('news', 'payload')");
    const [message] = (await notified) as [{ channel: string; payload: string }];
    client.release();
    expect(message).toMatchObject({ channel: 'news', payload: 'payload' });
  });

  test('listeners can be counted and removed', () => {
    const pool = open(PoolOf);
    pool.on('error', ignore);
    const before = pool.listeners('error').length;
    pool.removeListener('error', ignore);
    expect([before, pool.listeners('error').length]).toEqual([1, 0]);
  });
});

describe.each(BOTH)('releasing, %s', (_, PoolOf) => {
  test('a client released twice says so each time', async () => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    client.release();
    const message = 'Release called on client which has already been released to the pool.';
    expect(() => client.release()).toThrow(message);
    expect(() => client.release()).toThrow(message);
  });

  test('so does the callback’s done', async () => {
    const pool = open(PoolOf);
    const [, , done] = (await called((callback) => pool.connect(callback as never))) as [
      undefined,
      PoolClient,
      () => void,
    ];
    done();
    expect(() => done()).toThrow('already been released');
  });

  test.each([[true], [new Error('broken')]])('a client released with %s is closed', async (error) => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    client.release(error);
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
    expect(await pool.connect().then((next) => (next.release(), next === client))).toBe(false);
  });

  test.each([[false], [undefined]])('a client released with %s is kept', async (error) => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    client.release(error);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    const next = await pool.connect();
    next.release();
    expect(next).toBe(client);
  });

  test('a client whose borrower ended it is removed, and the pool goes on', async () => {
    const pool = open(PoolOf, { max: 1 });
    const client = await pool.connect();
    void client.end();
    client.release();
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
    expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
  });

  test('a client whose connection is cut is not lent again', async () => {
    const pool = open(PoolOf, { max: 1 });
    const client = await pool.connect();
    const error = once(client, 'error');
    client.connection.stream.destroy();
    await error;
    client.release();
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
    expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
  });

  test('a query whose connection is cut under it fails, and the next one is served', async () => {
    const pool = open(PoolOf, { max: 1 });
    let client: PoolClient | undefined;
    pool.on('acquire', (lent) => (client = lent));
    const query = failure(pool.query('select pg_sleep(60)'));
    await until(() => client !== undefined);
    client!.connection.stream.destroy();
    expect(await query).toBeInstanceOf(Error);
    expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
  });
});

describe.each(BOTH)('ending, %s', (_, PoolOf) => {
  test('a pool that was never used ends', async () => {
    const pool = open(PoolOf);
    await pool.end();
    expect([pool.ending, pool.ended, pool.totalCount]).toEqual([true, true, 0]);
  });

  test('a query that is under way is answered, and awaited', async () => {
    const pool = open(PoolOf);
    const query = pool.query('select $1::text as name', ['ada']);
    await pool.end();
    expect((await query).rows).toEqual([{ name: 'ada' }]);
  });

  test('whoever has a client is waited for', async () => {
    const pool = open(PoolOf);
    const client = await pool.connect();
    const end = pool.end();
    await client.query('select 1');
    const before = [pool.ending, pool.ended];
    client.release();
    await end;
    expect([before, pool.ended]).toEqual([[true, false], true]);
  });

  test('afterwards every verb is refused, in both forms', async () => {
    const pool = open(PoolOf);
    await pool.end();
    const refusals = [
      await failure(pool.connect()),
      await failure(pool.query('select 1')),
      ...(await called((callback) => pool.connect(callback as never))).slice(0, 1),
      ...(await called((callback) => pool.query('select 1', callback as never))).slice(0, 1),
    ] as Error[];
    expect(new Set(refusals.map(({ message }) => message))).toEqual(
      new Set(['Cannot use a pool after calling end on the pool']),
    );
    const twice = [
      await failure(pool.end()),
      (await called((callback) => pool.end(callback as never)))[0],
    ] as Error[];
    expect(new Set(twice.map(({ message }) => message))).toEqual(
      new Set(['Called end on pool more than once']),
    );
  });
});
