import { describe, expect, test } from 'vitest';
import { LeaseEndedError } from '../src/index.ts';
import { thrownBy, watch } from './support/promises.ts';
import { lend, rest } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';

describe('a connection that is lost', () => {
  test('P11 A20: while idle is closed at once, and counted', async () => {
    const setup = poolOf();
    await rest(setup);
    setup.factory.connections[0]!.lost(new Error('reset by peer'));

    expect(setup.pool.stats().size).toBe(0);
    expect(setup.pool.metrics().counters.closed.lost).toBe(1);
    expect(setup.events.of('connection:closed')[0]).toMatchObject({
      reason: 'lost',
      cause: { message: 'reset by peer' },
    });
  });

  test('P11 P15 A20: while idle is replaced when the pool falls below min', async () => {
    const setup = poolOf({ min: 1 });
    await rest(setup);
    setup.factory.connections[0]!.lost();
    await setup.clock.settle();

    expect([setup.pool.stats().idle, setup.factory.connections.length]).toEqual([1, 2]);
  });

  test('P11 P15: is replaced without waiting for its close, when there is room', async () => {
    const setup = poolOf({ min: 1, max: 2 }, { destroy: { kind: 'slow', ms: 1_000 } });
    await rest(setup);
    setup.factory.connections[0]!.lost();
    await setup.clock.settle();

    expect(setup.pool.stats()).toMatchObject({ idle: 1, closing: 1 });
  });

  test('P11 A21: while leased gives its place to the next waiter, although it is never released', async () => {
    const setup = poolOf({ max: 1 });
    await lend(setup);
    const waiter = watch(setup.pool.acquire());
    setup.factory.connections[0]!.lost();
    await setup.clock.settle();

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P11 A21: while leased is closed once, also when its borrower releases it later', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    setup.factory.connections[0]!.lost();
    lease!.release();

    expect(setup.factory.connections[0]!.destroyed).toEqual(['lost']);
    expect(setup.pool.metrics().counters.misused).toBe(0);
  });

  test('P9 A21: while leased ends the lease: its connection can be used no more', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    const cause = new Error('reset by peer');
    setup.factory.connections[0]!.lost(cause);
    const error = thrownBy(() => lease!.connection);

    expect(error).toBeInstanceOf(LeaseEndedError);
    expect((error as Error).cause).toBe(cause);
  });

  test('P11 A21: while leased tells the driver by the signal of the connection, and why', async () => {
    const setup = poolOf();
    await lend(setup);
    const cause = new Error('reset by peer');
    setup.factory.connections[0]!.lost(cause);

    expect((setup.factory.connections[0]!.signal.reason as Error).cause).toBe(cause);
  });

  test('P11 A22: twice, and once more after it was closed, is closed once', async () => {
    const setup = poolOf({ min: 1 });
    await rest(setup);
    const [first] = setup.factory.connections;
    first!.lost();
    first!.lost();
    await setup.clock.settle();
    first!.lost();

    expect([first!.destroyed, setup.pool.stats().size]).toEqual([['lost'], 1]);
  });

  test('P11: while it is validated is closed once, and the caller gets another', async () => {
    const setup = poolOf({}, { validate: { kind: 'never' } });
    await rest(setup);
    await setup.clock.advance(1_000);
    const waiter = watch(setup.pool.acquire());
    setup.factory.connections[0]!.lost();
    await setup.clock.settle();

    expect([setup.factory.connections[0]!.destroyed, waiter.value?.connection.id]).toEqual([['lost'], 2]);
  });

  test('P11: while it is reset is closed once, and the next caller gets another', async () => {
    const setup = poolOf({}, { reset: { kind: 'late', ms: 100 } });
    const [lease] = await lend(setup);
    lease!.release();
    const waiter = watch(setup.pool.acquire());
    setup.factory.connections[0]!.lost();
    await setup.clock.advance(200);

    expect([setup.factory.connections[0]!.destroyed, waiter.value?.connection.id]).toEqual([['lost'], 2]);
    expect([setup.pool.stats().size, setup.events.of('error')]).toEqual([1, []]);
  });

  test.each([
    ['all', undefined],
    ['no', [] as never[]],
  ])(
    'P11: in the middle of a reset that answers at once is not lent again, with %s listeners',
    async (_, heard) => {
      const setup = poolOf({}, {}, heard);
      setup.factory.reset = (connection) => connection.lost();
      await rest(setup);

      expect(setup.factory.connections[0]!.destroyed).toEqual(['lost']);
      expect(setup.pool.stats()).toMatchObject({ size: 0, idle: 0, closing: 0 });
      expect(setup.pool.tryAcquire()).toBeUndefined();
    },
  );

  test('P11: when the driver is told to stop is closed once', async () => {
    const setup = poolOf({ validateTimeoutMs: 100 }, { validate: { kind: 'never' } });
    await rest(setup);
    const [connection] = setup.factory.connections;
    connection!.signal.addEventListener('abort', () => connection!.lost());
    await setup.clock.advance(1_000);
    watch(setup.pool.acquire());
    await setup.clock.advance(200);

    expect([connection!.destroyed.length, setup.factory.calls.destroy]).toEqual([1, 1]);
  });

  test('P11: when its lease is interrupted is closed once', async () => {
    const setup = poolOf();
    await lend(setup);
    const [connection] = setup.factory.connections;
    connection!.signal.addEventListener('abort', () => connection!.lost());
    setup.pool.clear({ interrupt: true });

    expect(connection!.destroyed).toEqual(['cleared']);
  });

  test('P11: while the pool closes it does not hold the close up', async () => {
    const setup = poolOf();
    await lend(setup);
    const closed = watch(setup.pool.close());
    setup.factory.connections[0]!.lost();
    await setup.clock.settle();

    expect(closed.state).toBe('fulfilled');
  });
});

describe('a connection that the driver knows to be broken', () => {
  test('P11: is not lent: the next idle one is', async () => {
    const setup = poolOf({ max: 2 });
    await rest(setup, 2);
    setup.factory.connections[1]!.isBroken = true;

    expect(setup.pool.tryAcquire()?.connection.id).toBe(1);
    expect(setup.factory.connections[1]!.destroyed).toEqual(['lost']);
  });

  test('P11 A21: is closed at its release, and not handed to the waiter', async () => {
    const setup = poolOf({ max: 1 });
    const [lease] = await lend(setup);
    const waiter = watch(setup.pool.acquire());
    setup.factory.connections[0]!.isBroken = true;
    lease!.release();
    await setup.clock.settle();

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P11: after a good reset is not handed to the waiter', async () => {
    const setup = poolOf({ max: 1 }, { reset: { kind: 'slow', ms: 10 } });
    const [lease] = await lend(setup);
    const waiter = watch(setup.pool.acquire());
    lease!.release();
    setup.factory.connections[0]!.isBroken = true;
    await setup.clock.advance(20);

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P11: after a good validate is not handed to the waiter', async () => {
    const setup = poolOf({ max: 1 }, { validate: { kind: 'slow', ms: 10 } });
    await rest(setup);
    await setup.clock.advance(1_000);
    const waiter = watch(setup.pool.acquire());
    setup.factory.connections[0]!.isBroken = true;
    await setup.clock.advance(20);

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P21: is also one of which it cannot say so without throwing', async () => {
    const setup = poolOf();
    await rest(setup);
    setup.factory.isBroken = () => {
      throw new Error('isBroken broke');
    };

    expect(setup.pool.tryAcquire()).toBeUndefined();
    expect(setup.factory.connections[0]!.destroyed).toEqual(['lost']);
    expect(setup.events.of('error')[0]?.phase).toBe('isBroken');
  });
});
