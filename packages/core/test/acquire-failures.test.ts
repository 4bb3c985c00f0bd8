import { describe, expect, test } from 'vitest';
import { AcquireTimeoutError, PoolClosedError, QueueFullError } from '../src/index.ts';
import { poolOf } from './support/pool-of.ts';
import { failureOf, watch } from './support/promises.ts';

describe('the deadline of an acquire', () => {
  test('P5: ends the waiting in the queue after acquireTimeoutMs', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(waiter.error).toBeInstanceOf(AcquireTimeoutError);
    expect(waiter.error).toMatchObject({ phase: 'queue', waitedMs: 100 });
  });

  test('P5 I11: never ends the waiting early', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const waiter = watch(pool.acquire());
    await clock.advance(99.9);

    expect(waiter.state).toBe('pending');
  });

  test('P5 I11: that falls between two milliseconds never ends the waiting early', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    await clock.advance(0.7);
    const error = failureOf(pool.acquire({ timeoutMs: 10.5 }));
    await clock.advance(20);

    expect(((await error) as AcquireTimeoutError).waitedMs).toBeGreaterThanOrEqual(10.5);
  });

  test('P5: of the call goes before that of the pool', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const waiters = [watch(pool.acquire({ timeoutMs: 10 })), watch(pool.acquire({ timeoutMs: 1_000 }))];
    await clock.advance(500);

    expect(waiters.map(({ state }) => state)).toEqual(['rejected', 'pending']);
  });

  test('P5: of Infinity never ends the waiting', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    const waiter = watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(3_600_000);

    expect(waiter.state).toBe('pending');
  });

  test('P5 B20: covers the connect, and names that phase', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 }, { create: { kind: 'never' } });
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(waiter.error).toMatchObject({ phase: 'create', waitedMs: 100 });
  });

  test('P5: covers the pause after a failed connect, and names the phase create', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 }, { create: { kind: 'fail' } });
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(waiter.error).toMatchObject({ phase: 'create' });
  });

  test('P5: covers the validation, and names that phase', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 }, { validate: { kind: 'never' } });
    (await pool.acquire()).release();
    await clock.advance(1_000);
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(waiter.error).toMatchObject({ phase: 'validate', waitedMs: 100 });
  });

  test('P5: covers the reset after another borrower, and names that phase', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 }, { reset: { kind: 'slow', ms: 1_000 } });
    (await pool.acquire()).release();
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(waiter.error).toMatchObject({ phase: 'reset', waitedMs: 100 });
  });

  test('P5: covers the waiting on a paused pool, and names the phase queue', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 });
    pool.pause();
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(waiter.error).toMatchObject({ phase: 'queue' });
  });

  test('P5: is told with the counts of the pool', async () => {
    const { pool, clock } = poolOf({ max: 2, acquireTimeoutMs: 100 });
    const leases = [await pool.acquire(), await pool.acquire()];
    const waiter = watch(pool.acquire());
    void watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(100);

    expect(leases).toHaveLength(2);
    expect((waiter.error as AcquireTimeoutError).stats).toMatchObject({
      max: 2,
      size: 2,
      idle: 0,
      leased: 2,
      creating: 0,
    });
    expect((waiter.error as Error).message).toContain('max=2 size=2 idle=0 leased=2 creating=0');
  });

  test('P5 A13: carries the last failure to connect as its cause', async () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const { pool, clock } = poolOf({ acquireTimeoutMs: 1_000 }, { create: { kind: 'fail', error: refused } });
    const waiter = watch(pool.acquire());
    await clock.advance(1_000);

    expect((waiter.error as Error).cause).toBe(refused);
  });

  test('P5: carries no cause when connecting works', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(Object.hasOwn(waiter.error as Error, 'cause')).toBe(false);
  });

  test('P5: does not end the connect that was started for its caller', async () => {
    const { pool, clock } = poolOf({}, { create: { kind: 'slow', ms: 200 } });
    void watch(pool.acquire({ timeoutMs: 100 }));
    await clock.advance(200);

    expect(pool.stats()).toMatchObject({ idle: 1, size: 1 });
  });

  test('P20: keeps the process alive while it runs, also when it is infinitely far', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    const before = clock.keepAliveTimers;
    void watch(pool.acquire({ timeoutMs: Infinity }));

    expect([before, clock.keepAliveTimers]).toEqual([0, 1]);
  });

  test('P6 I10: leaves no timer once all that waited are served', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const before = clock.pendingTimers;
    const waiter = pool.acquire();
    lease.release();
    await waiter;

    expect(clock.pendingTimers).toBe(before);
  });

  test('P6 I10: leaves no timer once it has passed', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const before = clock.pendingTimers;
    void watch(pool.acquire());
    await clock.advance(100);

    expect(clock.pendingTimers).toBe(before);
  });

  test('P3 I9: that has passed takes its caller out of the line: the next one is served', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const [first, second] = [watch(pool.acquire({ timeoutMs: 100 })), watch(pool.acquire())];
    await clock.advance(100);
    lease.release();
    await clock.settle();

    expect([first.state, second.state]).toEqual(['rejected', 'fulfilled']);
  });
});

describe('a full queue', () => {
  test('P8 A9: refuses the next caller at once, naming pool, bound and counts', async () => {
    const { pool } = poolOf({ name: 'orders', max: 1, maxWaiting: 1 });
    await pool.acquire();
    void watch(pool.acquire());

    const error = await failureOf(pool.acquire());

    expect(error).toBeInstanceOf(QueueFullError);
    expect(error).toMatchObject({ pool: 'orders', maxWaiting: 1, stats: { max: 1, leased: 1, waiting: 1 } });
    expect((error as Error).message).toMatch(/pool "orders".*1 callers.*leased=1.*waiting=1/);
  });

  test('P8 I26: never holds more than maxWaiting callers', async () => {
    const { pool } = poolOf({ max: 1, maxWaiting: 3 });
    await pool.acquire();
    for (let caller = 0; caller < 10; caller++) void watch(pool.acquire());

    expect(pool.stats().waiting).toBe(3);
  });

  test('P8 B19: counts no caller that has aborted', async () => {
    const { pool, clock } = poolOf({ max: 1, maxWaiting: 1 });
    await pool.acquire();
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    abort.abort();
    const next = watch(pool.acquire());
    await clock.settle();

    expect(next.state).toBe('pending');
  });

  test('P8 B19: counts no caller whose time was up', async () => {
    const { pool, clock } = poolOf({ max: 1, maxWaiting: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    void watch(pool.acquire());
    await clock.advance(100);
    const next = watch(pool.acquire());
    await clock.settle();

    expect(next.state).toBe('pending');
  });

  test('P8: does not refuse a caller for whom a connection is idle', async () => {
    const { pool, clock } = poolOf({ max: 1, maxWaiting: 0 });
    pool.tryAcquire();
    await clock.settle();

    await expect(pool.acquire()).resolves.toBeDefined();
  });

  test('P8: of no places at all still gets its connections opened for callers to come', async () => {
    const { pool, clock } = poolOf({ max: 1, maxWaiting: 0 });
    void watch(pool.acquire());
    await clock.settle();

    await expect(pool.acquire()).resolves.toBeDefined();
  });
});

test('P19 B26: an acquire on a closed pool is refused at once', async () => {
  const { pool } = poolOf();
  await pool.close();

  expect(await failureOf(pool.acquire())).toBeInstanceOf(PoolClosedError);
});
