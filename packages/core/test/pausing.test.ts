import { describe, expect, test } from 'vitest';
import { lend, rest } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';
import { watch } from './support/promises.ts';

describe('pause()', () => {
  test('P17 A48: makes callers wait although a connection is idle, and resume() serves them in order', async () => {
    const setup = poolOf({ max: 1 });
    await rest(setup);
    setup.pool.pause();
    const waiters = [watch(setup.pool.acquire()), watch(setup.pool.acquire())];
    await setup.clock.settle();
    const before = waiters.map(({ state }) => state);
    setup.pool.resume();
    await setup.clock.settle();

    expect([before, waiters.map(({ state }) => state)]).toEqual([
      ['pending', 'pending'],
      ['fulfilled', 'pending'],
    ]);
  });

  test('P2 P17: is over without a round trip for a connection that was used a moment ago', async () => {
    const setup = poolOf();
    await rest(setup);
    setup.pool.pause();
    const waiter = watch(setup.pool.acquire());
    setup.pool.resume();
    await setup.clock.settle();

    expect([waiter.state, setup.factory.calls.validate]).toEqual(['fulfilled', 0]);
  });

  test('P17 A48: starts no connect, not even for min', async () => {
    const setup = poolOf({ min: 2 });
    await setup.pool.ready();
    setup.pool.pause();
    setup.factory.connections[0]!.lost();
    watch(setup.pool.acquire());
    await setup.clock.advance(1_000);
    const before = setup.factory.calls.create;
    setup.pool.resume();
    await setup.clock.settle();

    expect([before, setup.factory.calls.create]).toEqual([2, 3]);
  });

  test('P5 A48: lets the deadlines of those that wait go on', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 });
    pool.pause();
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(waiter.error).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', phase: 'queue' });
  });

  test('P17: takes back what is released, and hands it to nobody', async () => {
    const setup = poolOf({ max: 1 });
    const [lease] = await lend(setup);
    const waiter = watch(setup.pool.acquire());
    setup.pool.pause();
    lease!.release();
    await setup.clock.settle();

    expect([waiter.state, setup.pool.stats().idle]).toEqual(['pending', 1]);
  });

  test('P17: answers tryAcquire() with nothing', async () => {
    const setup = poolOf();
    await rest(setup);
    setup.pool.pause();

    expect(setup.pool.tryAcquire()).toBeUndefined();
  });

  test('P17 P21: by a listener in the middle of resume() stops the lending there', async () => {
    const setup = poolOf({ max: 2 });
    await rest(setup, 2);
    setup.pool.pause();
    const waiters = [watch(setup.pool.acquire()), watch(setup.pool.acquire())];
    setup.pool.on('lease:acquired', () => setup.pool.pause());
    // Bounded, so that an endless loop fails this test and does not hang it.
    let asked = 0;
    setup.factory.isBroken = () => ++asked > 1_000;
    setup.pool.resume();
    await setup.clock.settle();

    expect([asked < 1_000, waiters.map(({ state }) => state)]).toEqual([true, ['fulfilled', 'pending']]);
  });

  test('P17: is over with one resume(), however often it was called', async () => {
    const { pool } = poolOf();
    pool.pause();
    pool.pause();
    pool.resume();

    expect(pool.stats().phase).toBe('open');
  });
});
