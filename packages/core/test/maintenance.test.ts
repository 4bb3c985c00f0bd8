import { describe, expect, test } from 'vitest';
import type { PoolOptions } from '../src/index.ts';
import { watch } from './support/promises.ts';
import { brokenLaws } from '@pool/testing';
import { lend, rest } from './support/lend.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Nothing but what the test names acts on the connections. */
const QUIET: PoolOptions = {
  idleTimeoutMs: Infinity,
  maxLifetimeMs: Infinity,
  keepaliveIntervalMs: Infinity,
  leakThresholdMs: Infinity,
  validateAfterIdleMs: Infinity,
};

describe('min', () => {
  test('P15: is not opened before the first acquire', async () => {
    const { clock, factory } = poolOf({ min: 3 });
    await clock.advance(HOUR);

    expect(factory.calls.create).toBe(0);
  });

  test.each(['acquire', 'ready', 'tryAcquire'] as const)(
    'P15: is kept from the first %s() on',
    async (call) => {
      const { pool, clock } = poolOf({ min: 3 });
      void pool[call]();
      await clock.settle();

      expect(pool.stats().size).toBe(3);
    },
  );

  const removals: [string, (setup: TestPool) => unknown][] = [
    ['lost', ({ factory }) => factory.connections[0]!.lost()],
    ['evicted', ({ pool }) => pool.evict(({ id }) => id === 1)],
    ['cleared', ({ pool }) => pool.clear()],
    ['lifetime', ({ clock }) => clock.advance(40 * MINUTE)],
    ['destroyed', ({ pool }) => pool.tryAcquire()!.destroy()],
    ['uses', ({ pool, clock }) => (pool.tryAcquire()!.release(), clock.settle())],
    [
      'reset',
      ({ pool, factory }) => (factory.next('reset', { kind: 'throw' }), pool.tryAcquire()!.release()),
    ],
    [
      'keepalive',
      ({ factory, clock }) => (factory.next('validate', { kind: 'fail' }), clock.advance(3 * MINUTE)),
    ],
    ['reclaimed', ({ pool, clock }) => (pool.tryAcquire(), clock.advance(2 * MINUTE))],
  ];
  test.each(removals)('P15: is restored after a connection was %s', async (cause, remove) => {
    const setup = poolOf({
      min: 2,
      max: 4,
      validateAfterIdleMs: Infinity,
      maxLeaseMs: MINUTE,
      ...(cause === 'uses' && { maxUses: 2 }),
    });
    await setup.pool.ready();
    await remove(setup);
    await setup.clock.settle();

    expect(setup.pool.stats().idle).toBe(2);
    expect(setup.factory.calls.destroy).toBeGreaterThan(0);
  });

  test('P22: is opened by ready() through acquires that are counted like those of any caller', async () => {
    const { pool } = poolOf({ min: 3 });
    await pool.ready();

    expect(brokenLaws(pool as never)).toEqual([]);
    expect(pool.metrics().counters).toMatchObject({ attempts: 3, acquired: 3, released: 3 });
  });

  test('P15: grown by resize() is opened at once', async () => {
    const setup = poolOf({ max: 5 });
    await rest(setup);
    setup.pool.resize({ min: 4 });
    await setup.clock.settle();

    expect(setup.pool.stats().idle).toBe(4);
  });

  test('P15: is restored without waiting for connects that clear() has made worthless', async () => {
    const setup = poolOf({ min: 2, max: 4, maxConnecting: 4 }, { create: { kind: 'slow', ms: 100 } });
    setup.pool.tryAcquire();
    await setup.clock.advance(50);
    setup.pool.clear();
    await setup.clock.advance(100);

    expect(setup.pool.stats().idle).toBe(2);
  });

  test('P1 P15 B8: is not restored beyond max while closes are slow', async () => {
    const setup = poolOf({ min: 2, max: 2 }, { destroy: { kind: 'slow', ms: 1_000 } });
    await setup.pool.ready();
    setup.pool.clear();
    await setup.clock.advance(5_000);

    expect([setup.factory.peakOpen, setup.pool.stats().idle]).toEqual([2, 2]);
  });
});

describe('an idle connection', () => {
  test('P16 A33: above min is closed after idleTimeoutMs, and not before', async () => {
    const setup = poolOf({ ...QUIET, idleTimeoutMs: MINUTE });
    await rest(setup);
    await setup.clock.advance(MINUTE - 1);
    const before = setup.pool.stats().idle;
    await setup.clock.advance(1);

    expect([before, setup.factory.connections[0]!.destroyed]).toEqual([1, ['idle']]);
  });

  test('P16 A33: is closed in its turn, the one unused longest first, down to min', async () => {
    const setup = poolOf({ ...QUIET, min: 2, max: 4, idleTimeoutMs: MINUTE });
    await rest(setup, 4);
    await setup.clock.advance(HOUR);

    expect(setup.factory.connections.map(({ destroyed }) => destroyed.length)).toEqual([1, 1, 0, 0]);
  });

  test('P16: that becomes spare when min shrinks is closed', async () => {
    const setup = poolOf({ ...QUIET, min: 2, idleTimeoutMs: MINUTE });
    await setup.pool.ready();
    await setup.clock.advance(HOUR);
    setup.pool.resize({ min: 0 });
    await setup.clock.advance(MINUTE);

    expect(setup.pool.stats().size).toBe(0);
  });

  test('P16 A31: older than maxLifetimeMs is closed, also at min, and replaced', async () => {
    const setup = poolOf({ ...QUIET, min: 1, maxLifetimeMs: MINUTE, maxLifetimeJitter: 0 });
    await rest(setup);
    await setup.clock.advance(MINUTE);

    expect(setup.factory.connections.map(({ destroyed }) => destroyed)).toEqual([['lifetime'], []]);
  });

  test('P16 A31: opened together with others does not end together with them', async () => {
    const setup = poolOf({ ...QUIET, max: 20, maxLifetimeMs: 100_000 });
    await rest(setup, 20);
    const endedAt: number[] = [];
    setup.pool.on('connection:closed', ({ ageMs }) => endedAt.push(ageMs));
    await setup.clock.advance(100_000);

    expect(endedAt.length).toBe(20);
    expect(Math.min(...endedAt)).toBeGreaterThanOrEqual(75_000);
    expect(new Set(endedAt.map((ms) => Math.round(ms / 1_000))).size).toBeGreaterThan(10);
  });

  test('P16: that comes of age between two looks is closed all the same, at once', async () => {
    const setup = poolOf({ maxLifetimeMs: 10_000, maxLifetimeJitter: 0 });
    const [lease] = await lend(setup);
    await setup.clock.advance(9_000);
    lease!.release();
    await setup.clock.advance(1_000);

    expect(setup.factory.connections[0]!.destroyed).toEqual(['lifetime']);
  });

  test('P16: is closed at its lifetime also when that is the only limit there is', async () => {
    const setup = poolOf({ ...QUIET, maxLifetimeMs: HOUR, maxLifetimeJitter: 0 });
    const [lease] = await lend(setup);
    await setup.clock.advance(MINUTE);
    lease!.release();
    await setup.clock.advance(HOUR);

    expect(setup.factory.connections[0]!.destroyed).toEqual(['lifetime']);
  });
});

describe('a lease', () => {
  test('P16 A32: is never cut by lifetime, idleness or uses: they act when it ends', async () => {
    const setup = poolOf({
      maxLifetimeMs: MINUTE,
      idleTimeoutMs: MINUTE,
      maxUses: 1,
      keepaliveIntervalMs: MINUTE,
    });
    const [lease] = await lend(setup);
    await setup.clock.advance(HOUR);
    const before = [lease!.isEnded, ...setup.factory.connections[0]!.destroyed];
    lease!.release();

    expect([before, setup.factory.connections[0]!.destroyed.length]).toEqual([[false], 1]);
  });

  test('P16: that ends after maxLifetimeMs is closed as such, and not handed on', async () => {
    const setup = poolOf({ max: 1, maxLifetimeMs: MINUTE, acquireTimeoutMs: HOUR });
    const [lease] = await lend(setup);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(MINUTE);
    lease!.release();
    await setup.clock.settle();

    expect([setup.factory.connections[0]!.destroyed, waiter.value?.connection.id]).toEqual([['lifetime'], 2]);
  });

  test('P16: is the last of its connection after maxUses of them', async () => {
    const setup = poolOf({ maxUses: 3 });
    for (let use = 0; use < 4; use++) await rest(setup);

    expect(setup.factory.connections.map(({ destroyed }) => destroyed)).toEqual([['uses'], []]);
  });

  test('P16 A34: is not needed by keepalive: nothing is sent while one goes on', async () => {
    const setup = poolOf({ keepaliveIntervalMs: MINUTE });
    await lend(setup);
    await setup.clock.advance(HOUR);

    expect(setup.factory.calls.validate).toBe(0);
  });

  test('P18 A42: older than leakThresholdMs is reported once, with the place of its acquire', async () => {
    const setup = poolOf({ leakThresholdMs: 10_000 });
    await setup.pool.acquire({ label: 'report' });
    await setup.clock.advance(HOUR);
    const [report, ...more] = setup.events.of('lease:overdue');

    expect(report).toMatchObject({ label: 'report', reclaimed: false, heldMs: 10_000 });
    expect(report!.acquiredAt).toContain('maintenance.test.ts');
    expect([more.length, setup.pool.metrics().counters.overdue, setup.pool.stats().leased]).toEqual([
      0, 1, 1,
    ]);
  });

  test('P18: is reported although an earlier one of the same connection was', async () => {
    const setup = poolOf({ ...QUIET, leakThresholdMs: 10_000 });
    for (let lease = 0; lease < 2; lease++) {
      const [held] = await lend(setup);
      await setup.clock.advance(20_000);
      held!.release();
    }

    expect(setup.events.of('lease:overdue').map(({ connectionId }) => connectionId)).toEqual([1, 1]);
  });

  test('P18: is reported on time although others began at other times', async () => {
    const setup = poolOf({ leakThresholdMs: 10_000 });
    for (let begun = 0; begun < 3; begun++) {
      await lend(setup);
      await setup.clock.advance(3_000);
    }
    await setup.clock.advance(HOUR);

    expect(setup.events.of('lease:overdue').map(({ heldMs }) => heldMs)).toEqual([10_000, 10_000, 10_000]);
  });

  test('P18 A42: older than maxLeaseMs is ended, and its connection closed as overdue', async () => {
    const setup = poolOf({ max: 1, maxLeaseMs: MINUTE, acquireTimeoutMs: HOUR });
    const [lease] = await lend(setup);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(MINUTE);

    expect([lease!.isEnded, setup.factory.connections[0]!.destroyed]).toEqual([true, ['overdue']]);
    expect(setup.events.of('lease:overdue').map(({ reclaimed }) => reclaimed)).toEqual([false, true]);
    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P18: is ended at maxLeaseMs, however that lies to leakThresholdMs', async () => {
    const setup = poolOf({ leakThresholdMs: 10_000, maxLeaseMs: 15_000 });
    await lend(setup);
    await setup.clock.advance(HOUR);

    expect(setup.events.of('lease:released').map(({ useMs }) => useMs)).toEqual([15_000]);
  });

  test('P18: ended by maxLeaseMs may be released late, which is no misuse and disturbs nobody', async () => {
    const setup = poolOf({ max: 1, maxLeaseMs: MINUTE });
    const [late] = await lend(setup);
    await setup.clock.advance(MINUTE);
    const [next] = await lend(setup);
    late!.release();

    expect([next!.isEnded, setup.pool.metrics().counters.misused, setup.events.of('error')]).toEqual([
      false,
      0,
      [],
    ]);
  });

  test('P18 P22: ended by maxLeaseMs below leakThresholdMs counts as one overdue lease', async () => {
    const setup = poolOf({ maxLeaseMs: 1_000 });
    await lend(setup);
    await setup.clock.advance(HOUR);

    expect(setup.events.of('lease:overdue').length).toBe(1);
    expect(setup.pool.metrics().counters).toMatchObject({ overdue: 1, released: 1 });
  });

  test('P18 P21: whose report makes a listener end all overdue ones disturbs nothing', async () => {
    const setup = poolOf({ leakThresholdMs: 1_000 });
    const leases = await lend(setup, 3);
    setup.pool.on('lease:overdue', () => {
      for (const lease of leases) if (!lease.isEnded) lease.release();
    });
    await setup.clock.advance(5_000);

    expect([
      setup.pool.stats().idle,
      setup.events.of('lease:overdue').length,
      setup.events.of('error'),
    ]).toEqual([3, 1, []]);
  });
});

describe('keepalive', () => {
  const KEPT: PoolOptions = { ...QUIET, keepaliveIntervalMs: MINUTE };

  test('P16: asks a connection that was neither used nor asked for keepaliveIntervalMs', async () => {
    const setup = poolOf(KEPT);
    await rest(setup);
    await setup.clock.advance(10 * MINUTE);

    expect(setup.factory.calls.validate).toBe(10);
  });

  test('P16 A34: does not refresh idleness', async () => {
    const setup = poolOf({ ...KEPT, idleTimeoutMs: 3 * MINUTE });
    await rest(setup);
    await setup.clock.advance(3 * MINUTE);

    expect(setup.factory.connections[0]!.destroyed).toEqual(['idle']);
  });

  test('P16 A34: neither lends nor counts as a use', async () => {
    const setup = poolOf({ ...KEPT, maxUses: 2 });
    await rest(setup);
    await setup.clock.advance(10 * MINUTE);

    expect([setup.pool.stats().idle, setup.pool.metrics().counters.acquired]).toEqual([1, 1]);
  });

  test('P2 A34: does not change which connection is lent next', async () => {
    const setup = poolOf({ ...KEPT, max: 3 }, { validate: { kind: 'slow', ms: 5 } });
    for (const lease of await lend(setup, 3)) {
      lease.release();
      await setup.clock.advance(1);
    }
    await setup.clock.advance(MINUTE + 500);

    expect(setup.factory.calls.validate).toBe(3);
    expect(setup.pool.tryAcquire()?.connection.id).toBe(3);
  });

  test('P2 A35: keeps a caller from the connection that it asks, and from no other', async () => {
    const setup = poolOf({ ...KEPT, max: 2 }, { validate: { kind: 'slow', ms: 100 } });
    await rest(setup, 2);
    await setup.clock.advance(MINUTE);

    expect(setup.pool.stats().checking).toBe(1);
    expect(setup.pool.tryAcquire()).toBeDefined();
    expect(setup.pool.tryAcquire()).toBeUndefined();
  });

  test('P4 A35: that is under way serves the caller who finds nothing else, without a connect', async () => {
    const setup = poolOf({ ...KEPT, max: 2 }, { validate: { kind: 'slow', ms: 100 } });
    await rest(setup);
    await setup.clock.advance(MINUTE);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(100);

    expect([waiter.value?.connection.id, setup.factory.calls.create]).toEqual([1, 1]);
  });

  test('P16: asks one connection at a time', async () => {
    const setup = poolOf({ ...KEPT, max: 5 }, { validate: { kind: 'slow', ms: 100 } });
    await rest(setup, 5);
    let most = 0;
    for (let ms = 0; ms < 2 * MINUTE; ms += 50) {
      await setup.clock.advance(50);
      most = Math.max(most, setup.pool.stats().checking);
    }

    expect([most, setup.factory.calls.validate >= 5]).toEqual([1, true]);
  });

  test('P11: closes the connection that does not answer', async () => {
    const setup = poolOf({ ...KEPT, validateTimeoutMs: 1_000 }, { validate: { kind: 'never' } });
    await rest(setup);
    await setup.clock.advance(MINUTE + 1_000);

    expect(setup.factory.connections[0]!.destroyed).toEqual(['invalid']);
  });

  test('P16: is left out when the factory cannot validate', async () => {
    const setup = poolOf({ ...QUIET, keepaliveIntervalMs: 1_000 });
    Object.assign(setup.factory, { validate: undefined });
    await rest(setup);
    await setup.clock.advance(HOUR);

    expect(setup.factory.connections[0]!.destroyed).toEqual([]);
  });
});
