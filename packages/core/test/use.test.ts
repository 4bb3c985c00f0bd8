import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { poolOf } from './support/pool-of.ts';
import { after, failureOf, watch } from './support/promises.ts';

describe('use', () => {
  test('answers with what the work returns, be it a value or a promise', async () => {
    const { pool } = poolOf();

    expect([await pool.use(() => 1), await pool.use(async () => 2)]).toEqual([1, 2]);
  });

  test('gives the work the connection and its lease', async () => {
    const { pool, factory } = poolOf();

    await pool.use((connection, lease) => {
      expect(connection).toBe(factory.connections[0]);
      expect(lease.connection).toBe(connection);
    });
  });

  test('P10: holds the lease until the work is done, and releases it then', async () => {
    const { pool, clock } = poolOf();
    void pool.use(() => after(clock, 10));
    await clock.advance(9);
    const during = pool.stats().leased;
    await clock.advance(1);

    expect([during, pool.stats().leased, pool.stats().idle]).toEqual([1, 0, 1]);
  });

  test('B14: releases the lease when the work throws before it returns a promise', async () => {
    const { pool } = poolOf();
    const failure = new Error('sync');

    const error = await failureOf(
      pool.use(() => {
        throw failure;
      }),
    );

    expect(error).toBe(failure);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  test('B21: an error of the work is the caller’s, and does not cost the connection', async () => {
    const { pool, factory } = poolOf();
    const failure = new Error('division by zero');

    expect(await failureOf(pool.use(() => Promise.reject(failure)))).toBe(failure);
    expect([pool.stats().idle, factory.calls.destroy]).toEqual([1, 0]);
  });

  test('P9: work that destroys its lease commits no misuse', async () => {
    const { pool } = poolOf();
    await pool.use((_connection, lease) => lease.destroy());

    expect(pool.metrics().counters.misused).toBe(0);
    expect(pool.stats().size).toBe(0);
  });

  test('P9: work whose lease the pool cut commits no misuse', async () => {
    const { pool } = poolOf();
    await pool.use(() => pool.clear({ interrupt: true }));

    expect(pool.metrics().counters.misused).toBe(0);
  });

  test('P5: rejects with the error of the acquire, and never starts the work', async () => {
    const { pool } = poolOf();
    let isStarted = false;

    const error = await failureOf(pool.use(() => (isStarted = true), { signal: AbortSignal.abort('gone') }));

    expect([error, isStarted]).toEqual(['gone', false]);
  });

  test('P6: a signal that aborts while the work runs does not end the lease', async () => {
    const { pool, clock } = poolOf();
    const abort = new AbortController();
    const work = watch(pool.use(() => after(clock, 10), { signal: abort.signal }));
    await clock.advance(5);
    abort.abort();
    await clock.advance(5);

    expect(work.state).toBe('fulfilled');
  });

  test('B28: the work runs in the async context of its own caller, not of who released', async () => {
    const { pool } = poolOf({ max: 1 });
    const context = new AsyncLocalStorage<string>();
    const lease = await context.run('holder', () => pool.acquire());
    const seen = context.run('waiter', () => pool.use(() => context.getStore()));
    context.run('holder', () => lease.release());

    expect(await seen).toBe('waiter');
  });

  test('P3: many uses at once of one connection run one after another, in the order of the calls', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const log: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      void pool.use(async () => {
        log.push(`${name} begins`);
        await after(clock, 1);
        log.push(`${name} ends`);
      });
    }
    await clock.advance(3);

    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });
});
