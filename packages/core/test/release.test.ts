import { describe, expect, test } from 'vitest';
import { poolOf } from './support/pool-of.ts';
import { failureOf, watch } from './support/promises.ts';

describe('release', () => {
  test('P10: makes a clean connection idle in the same tick', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    lease.release();

    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  test('P10: does not wait for a reset that takes a round trip', async () => {
    const { pool } = poolOf({}, { reset: { kind: 'slow', ms: 10 } });
    const lease = await pool.acquire();
    lease.release();

    expect(pool.stats()).toMatchObject({ resetting: 1, idle: 0, leased: 0, size: 1 });
  });

  test('P10: lends the connection to nobody before its reset is done', async () => {
    const { pool, clock } = poolOf({ max: 1 }, { reset: { kind: 'slow', ms: 10 } });
    (await pool.acquire()).release();
    const waiter = watch(pool.acquire());
    await clock.advance(9);
    const before = waiter.state;
    await clock.advance(1);

    expect([before, waiter.state]).toEqual(['pending', 'fulfilled']);
  });

  test('P4: starts no connect for a caller whom the connection being reset can serve', async () => {
    const { pool, clock, factory } = poolOf({ max: 2 }, { reset: { kind: 'slow', ms: 10 } });
    (await pool.acquire()).release();
    await Promise.all([pool.acquire(), clock.advance(10)]);

    expect(factory.calls.create).toBe(1);
  });

  test.each([
    ['rejects', { kind: 'fail' }],
    ['throws', { kind: 'throw' }],
    ['hangs', { kind: 'never' }],
  ] as const)(
    'P10 A38: of a connection whose reset %s closes it for the reason reset',
    async (_how, reset) => {
      const { pool, clock, factory } = poolOf({ resetTimeoutMs: 50 }, { reset });
      (await pool.acquire()).release();
      await clock.advance(50);

      expect([factory.connections[0]!.destroyed, pool.stats().size]).toEqual([['reset'], 0]);
    },
  );

  test.each([
    ['rejects', { kind: 'fail' }],
    ['throws', { kind: 'throw' }],
    ['hangs', { kind: 'never' }],
  ] as const)('P10 A38: of a connection whose reset %s never throws, and reports it', async (_how, reset) => {
    const { pool, clock, events } = poolOf({ resetTimeoutMs: 50 }, { reset });
    const lease = await pool.acquire();
    expect(() => lease.release()).not.toThrow();
    await clock.advance(50);

    expect(events.of('error')).toMatchObject([{ phase: 'reset', error: expect.any(Error) }]);
  });

  test('P10 A38: of a connection whose reset failed leaves who waits to a new connection', async () => {
    const { pool, clock } = poolOf({ max: 1 }, { reset: { kind: 'fail' } });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.release();
    await clock.settle();

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P10: tells a reset that ran out of time to stop', async () => {
    const { pool, clock, factory } = poolOf({ resetTimeoutMs: 50 }, { reset: { kind: 'never' } });
    (await pool.acquire()).release();
    await clock.advance(50);

    expect(factory.connections[0]!.signal.aborted).toBe(true);
  });

  test('P11 A37: of a connection that the driver knows is dead closes it as lost, without a reset', async () => {
    const { pool, factory } = poolOf();
    const lease = await pool.acquire();
    lease.connection.isBroken = true;
    lease.release();

    expect(factory.connections[0]!.destroyed).toEqual(['lost']);
    expect(factory.calls.reset).toBe(0);
  });

  test('P11: of a connection lost during its reset closes it once', async () => {
    const { pool, clock, factory } = poolOf({}, { reset: { kind: 'slow', ms: 10 } });
    (await pool.acquire()).release();
    factory.connections[0]!.lost();
    await clock.advance(10);

    expect([factory.connections[0]!.destroyed, pool.stats().size]).toEqual([['lost'], 0]);
  });

  test('P16: of a connection lent maxUses times closes it', async () => {
    const { pool, factory } = poolOf({ maxUses: 2 });
    (await pool.acquire()).release();
    (await pool.acquire()).release();

    expect(factory.connections[0]!.destroyed).toEqual(['uses']);
  });

  test('P5: a timed-out caller does not get the connection that is released later', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 10 });
    const lease = await pool.acquire();
    const error = failureOf(pool.acquire());
    await clock.advance(10);
    await error;
    lease.release();

    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });
});
