import { describe, expect, test } from 'vitest';
import { LeaseEndedError, OptionError } from '../src/index.ts';
import { thrownBy, watch } from './support/promises.ts';
import { lend, rest } from './support/lend.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';

const SLOW = { kind: 'slow', ms: 100 } as const;
const destroyed = ({ factory }: TestPool): string[][] =>
  factory.connections.map((connection) => [...connection.destroyed]);

describe('clear()', () => {
  test('P17 A45 B15: closes idle connections at once, and lends none of them again', async () => {
    const setup = poolOf();
    await rest(setup, 3);
    setup.pool.clear();

    expect(destroyed(setup)).toEqual([['cleared'], ['cleared'], ['cleared']]);
    expect((await setup.pool.acquire()).connection.id).toBe(4);
  });

  test('P17 A45: leaves a lease alone until its release, and closes its connection then', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    setup.pool.clear();
    const before = [lease!.isEnded, setup.pool.stats().leased];
    lease!.release();

    expect([before, destroyed(setup)]).toEqual([[false, 1], [['cleared']]]);
  });

  test('P17 A47 I22: closes a connection that was being opened when it arrives', async () => {
    const setup = poolOf({ maxConnecting: 1 }, { create: SLOW });
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(50);
    setup.pool.clear();
    await setup.clock.advance(200);

    expect([destroyed(setup)[0], waiter.value?.connection.id]).toEqual([['cleared'], 2]);
  });

  test('P4 P17: starts a new connect for the waiter at once, when another may start', async () => {
    const setup = poolOf({ maxConnecting: 2 }, { create: SLOW });
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(50);
    setup.pool.clear();
    await setup.clock.advance(100);

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P1 A47: never makes one connection more than max of those it lets arrive', async () => {
    const setup = poolOf({ max: 2 }, { create: SLOW, destroy: SLOW });
    for (let caller = 0; caller < 4; caller++) watch(setup.pool.acquire());
    await setup.clock.advance(50);
    setup.pool.clear();
    await setup.clock.advance(2_000);

    expect([setup.factory.peakOpen, setup.pool.stats().leased]).toEqual([2, 2]);
  });

  test('P17: closes a connection that is being validated, and tells the driver to stop', async () => {
    const setup = poolOf({}, { validate: SLOW });
    await rest(setup);
    await setup.clock.advance(1_000);
    const waiter = watch(setup.pool.acquire());
    setup.pool.clear();
    await setup.clock.settle();

    expect([destroyed(setup)[0], waiter.value?.connection.id]).toEqual([['cleared'], 2]);
    expect(setup.factory.connections[0]!.signal.aborted).toBe(true);
  });

  test('P17: closes a connection that is being reset, and the waiter gets a new one', async () => {
    const setup = poolOf({}, { reset: SLOW });
    await rest(setup);
    const waiter = watch(setup.pool.acquire());
    setup.pool.clear();
    await setup.clock.advance(200);

    expect([destroyed(setup)[0], waiter.value?.connection.id]).toEqual([['cleared'], 2]);
  });

  test('P17: keeps those that wait in their places', async () => {
    const setup = poolOf({ max: 1 });
    const [lease] = await lend(setup);
    const waiters = [watch(setup.pool.acquire()), watch(setup.pool.acquire())];
    setup.pool.clear();
    lease!.release();
    await setup.clock.settle();

    expect(waiters.map(({ state }) => state)).toEqual(['fulfilled', 'pending']);
    expect(waiters[0]!.value!.connection.id).toBe(2);
  });

  test('P17 A29: has every new connection opened by a create of its own', async () => {
    const setup = poolOf({ min: 3 });
    await setup.pool.ready();
    setup.pool.clear();
    await setup.clock.settle();

    expect(setup.factory.calls.create).toBe(6);
  });

  test('P17: twice retires a connection once', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    setup.pool.clear();
    setup.pool.clear();
    lease!.release();

    expect(destroyed(setup)).toEqual([['cleared']]);
    expect(setup.pool.stats().generation).toBe(2);
  });

  test('P17: with interrupt ends leases now, and their connections are closed', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    setup.pool.clear({ interrupt: true });

    expect(thrownBy(() => lease!.connection)).toBeInstanceOf(LeaseEndedError);
    expect(destroyed(setup)).toEqual([['cleared']]);
    expect(setup.factory.connections[0]!.signal.aborted).toBe(true);
  });

  test('P17 A46: with interrupt stops connects that are under way', async () => {
    const setup = poolOf({ maxConnecting: 1 }, { create: SLOW });
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(50);
    setup.pool.clear({ interrupt: true });
    await setup.clock.advance(100);

    expect([waiter.value?.connection.id, setup.factory.connections.length]).toEqual([2, 1]);
  });

  test('P17 A46: with interrupt closes a connection whose connect is deaf to it when it arrives', async () => {
    const setup = poolOf({}, { create: { kind: 'late', ms: 500 } });
    watch(setup.pool.acquire({ timeoutMs: 10 }));
    await setup.clock.advance(50);
    setup.pool.clear({ interrupt: true });
    await setup.clock.advance(1_000);

    expect([destroyed(setup), setup.pool.stats().size]).toEqual([[['cleared']], 0]);
  });

  test('P17: with interrupt closes a connection that is being reset at once', async () => {
    const setup = poolOf({}, { reset: { kind: 'never' } });
    await rest(setup);
    setup.pool.clear({ interrupt: true });

    expect([destroyed(setup), setup.pool.stats().size]).toEqual([[['cleared']], 0]);
  });

  test('P17 P21: with interrupt by a listener that hears of a release ends every lease', async () => {
    const setup = poolOf();
    const leases = await lend(setup, 3);
    setup.pool.on('lease:released', () => setup.pool.clear({ interrupt: true }));
    leases[1]!.release();

    expect(destroyed(setup)).toEqual([['cleared'], ['cleared'], ['cleared']]);
    expect(setup.events.of('error')).toEqual([]);
  });

  test('P17 P21: with interrupt by a listener that hears of an arrival closes what arrived, once', async () => {
    const setup = poolOf();
    const forget = setup.pool.on(
      'connection:created',
      () => (forget(), setup.pool.clear({ interrupt: true })),
    );
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(5_000);

    expect([destroyed(setup)[0], setup.pool.stats().closing]).toEqual([['cleared'], 0]);
    expect(waiter.state).toBe('fulfilled');
  });
});

describe('evict()', () => {
  test('P17: closes the idle connections that the predicate picks, and says how many', async () => {
    const setup = poolOf();
    await rest(setup, 3);

    expect(setup.pool.evict(({ id }) => id !== 2)).toBe(2);
    expect(destroyed(setup)).toEqual([['evicted'], [], ['evicted']]);
  });

  test('P17: closes a leased one at its release', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    setup.pool.evict((_, { isLeased }) => isLeased);
    const before = destroyed(setup);
    lease!.release();

    expect([before, destroyed(setup)]).toEqual([[[]], [['evicted']]]);
  });

  test('P17: tells the predicate how old, how idle and how used each is', async () => {
    const setup = poolOf({ idleTimeoutMs: Infinity });
    await rest(setup);
    await setup.clock.advance(1_000);
    const seen: unknown[] = [];
    setup.pool.evict((_, info) => seen.push(info) < 0);

    expect(seen).toEqual([{ connectionId: 1, ageMs: 1_000, idleMs: 1_000, uses: 1, isLeased: false }]);
  });

  test('P17: gives the waiter another one than that which was being validated for it', async () => {
    const setup = poolOf({}, { validate: SLOW });
    await rest(setup);
    await setup.clock.advance(1_000);
    const waiter = watch(setup.pool.acquire());
    setup.pool.evict(() => true);
    await setup.clock.settle();

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P21: with a predicate that throws throws that, and evicts nothing', async () => {
    const setup = poolOf();
    await rest(setup, 2);
    const error = thrownBy(() =>
      setup.pool.evict(({ id }) => {
        if (id === 2) throw new Error('predicate broke');
        return true;
      }),
    );

    expect([(error as Error).message, destroyed(setup)]).toEqual(['predicate broke', [[], []]]);
  });
});

describe('resize()', () => {
  test('P17 A52 I18: to fewer closes idle connections at once, the longest unused first', async () => {
    const setup = poolOf({ max: 4 });
    await rest(setup, 4);
    setup.pool.resize({ max: 1 });

    expect(destroyed(setup)).toEqual([['shrunk'], ['shrunk'], ['shrunk'], []]);
  });

  test('P17 A52 I18: to fewer than are leased cuts none, and closes them as they come back', async () => {
    const setup = poolOf({ max: 3 });
    const leases = await lend(setup, 3);
    setup.pool.resize({ max: 1 });
    const before = leases.some(({ isEnded }) => isEnded);
    for (const lease of leases) lease.release();

    expect([before, destroyed(setup)]).toEqual([false, [['shrunk'], ['shrunk'], []]]);
  });

  test('P17 A52: to fewer leaves those that wait in their places, and serves them from what stays', async () => {
    const setup = poolOf({ max: 2 });
    const [first, second] = await lend(setup, 2);
    const waiter = watch(setup.pool.acquire());
    setup.pool.resize({ max: 1 });
    first!.release();
    await setup.clock.settle();
    const before = waiter.state;
    second!.release();
    await setup.clock.settle();

    expect([before, waiter.value?.connection.id]).toEqual(['pending', 2]);
  });

  test('P17: to fewer than are being opened closes what is too many on arrival', async () => {
    const setup = poolOf({ max: 4, maxConnecting: 4 }, { create: SLOW });
    const waiters = Array.from({ length: 4 }, () => watch(setup.pool.acquire()));
    await setup.clock.advance(50);
    setup.pool.resize({ max: 1 });
    await setup.clock.advance(1_000);

    expect(setup.pool.stats()).toMatchObject({ size: 1, leased: 1 });
    expect(waiters.filter(({ state }) => state === 'fulfilled').length).toBe(1);
  });

  test('P17 A53: to more starts connects for those that wait at once', async () => {
    const setup = poolOf({ max: 1 });
    await lend(setup);
    const waiters = [watch(setup.pool.acquire()), watch(setup.pool.acquire())];
    setup.pool.resize({ max: 3 });
    await setup.clock.settle();

    expect(waiters.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
  });

  test('P1 B18: down and up again never lends a connection to two', async () => {
    const setup = poolOf({ max: 3 });
    const leases = await lend(setup, 3);
    setup.pool.resize({ max: 1 });
    const waiters = [watch(setup.pool.acquire()), watch(setup.pool.acquire())];
    for (const lease of leases) lease.release();
    setup.pool.resize({ max: 2 });
    await setup.clock.settle();
    const held = waiters.map(({ value }) => value?.connection.id);

    expect([new Set(held).size, setup.pool.stats().leased, setup.factory.peakOpen]).toEqual([2, 2, 3]);
  });

  test.each([{ max: 0 }, { min: -1 }, { max: 1.5 }, { min: 11 }, { max: 1 }])(
    'P17: with %o throws, and changes nothing',
    (bounds) => {
      const { pool } = poolOf({ min: 2, max: 10 });

      expect(thrownBy(() => pool.resize(bounds))).toBeInstanceOf(OptionError);
      expect(pool.stats()).toMatchObject({ min: 2, max: 10 });
    },
  );
});
