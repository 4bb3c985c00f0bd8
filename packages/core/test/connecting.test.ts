import { describe, expect, test } from 'vitest';
import { after, failureOf, watch } from './support/promises.ts';
import { lend, rest } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';

const SLOW = { kind: 'slow', ms: 100 } as const;

describe('connecting', () => {
  test('P4 A11: under overload there are never more than maxConnecting connects under way', async () => {
    const { pool, clock } = poolOf({ max: 10, maxConnecting: 3 }, { create: SLOW });
    for (let caller = 0; caller < 30; caller++) watch(pool.acquire());
    let most = 0;
    for (let ms = 0; ms < 500; ms += 10) {
      await clock.advance(10);
      most = Math.max(most, pool.stats().creating);
    }

    expect([most, pool.stats().leased]).toEqual([3, 10]);
  });

  test('P4 A10: a burst of 50 callers of a 2 ms query over 5 idle connections opens at most two more', async () => {
    const setup = poolOf({ max: 50 });
    await rest(setup, 5);
    setup.factory.script.create = { kind: 'slow', ms: 150 };
    const callers = Array.from({ length: 50 }, () => watch(setup.pool.use(() => after(setup.clock, 2))));
    await setup.clock.advance(25);
    const done = callers.filter(({ state }) => state === 'fulfilled').length;
    await setup.clock.advance(1_000);

    expect(done).toBe(50);
    expect(setup.pool.stats().size).toBeLessThanOrEqual(7);
  });

  test('P4 A12: a released connection serves the head of the queue before the connect that was started for it', async () => {
    const setup = poolOf({ max: 2 });
    const [lease] = await lend(setup);
    setup.factory.script.create = SLOW;
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(10);
    lease!.release();
    await setup.clock.settle();

    expect(waiter.value?.connection.id).toBe(1);
  });

  test('P4: no further connect is started once the callers that wanted it have left', async () => {
    const { pool, clock, factory } = poolOf({ max: 5, maxConnecting: 1 }, { create: SLOW });
    for (let caller = 0; caller < 3; caller++) watch(pool.acquire({ timeoutMs: 50 }));
    await clock.advance(1_000);

    expect(factory.calls.create).toBe(1);
  });

  test('P4: a connection that a waiter takes over is not connected for a second time', async () => {
    const { pool, clock, factory } = poolOf({ max: 5 }, { create: SLOW });
    watch(pool.acquire({ timeoutMs: 50 }));
    await clock.advance(60);
    const second = watch(pool.acquire());
    await clock.advance(1_000);

    expect([factory.calls.create, second.value?.connection.id]).toEqual([1, 1]);
  });
});

describe('a connect that never settles', () => {
  const NEVER = { kind: 'never' } as const;
  const TIMES = { max: 1, createTimeoutMs: 1_000, destroyTimeoutMs: 500, acquireTimeoutMs: 60_000 };

  test('P13 A15: is given up at createTimeoutMs, and the next waiter gets its own', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', NEVER);
    const waiter = watch(pool.acquire());
    await clock.advance(2_000);

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P13 A15: is told by its signal at createTimeoutMs, and not before', async () => {
    const setup = poolOf(TIMES);
    let signal: AbortSignal | undefined;
    const create = setup.factory.create.bind(setup.factory);
    setup.factory.create = (context) => {
      signal = context.signal;
      return create(context);
    };
    setup.factory.next('create', NEVER);
    watch(setup.pool.acquire());
    await setup.clock.advance(999);
    const before = signal!.aborted;
    await setup.clock.advance(1);

    expect([before, signal!.aborted]).toEqual([false, true]);
  });

  test('P1 P13: counts as closing for destroyTimeoutMs, and is forgotten then', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', NEVER);
    watch(pool.acquire({ timeoutMs: 10 }));
    await clock.advance(1_499);
    const counted = pool.stats();
    await clock.advance(1);

    expect([counted.closing, counted.creating, pool.stats().size]).toEqual([1, 0, 0]);
  });

  test('P13: frees its place at once when it obeys its signal', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', { kind: 'slow', ms: Infinity });
    watch(pool.acquire({ timeoutMs: 10 }));
    await clock.advance(1_000);

    expect(pool.stats()).toMatchObject({ size: 0, connectFailure: { attempts: 1, code: 'CREATE_TIMEOUT' } });
  });

  test('P13 A16: that arrives all the same is closed, and never lent', async () => {
    const { pool, clock, factory } = poolOf({ ...TIMES, max: 2 });
    factory.next('create', { kind: 'late', ms: 3_000 });
    const waiter = watch(pool.acquire());
    await clock.advance(5_000);

    expect(factory.connections.find(({ id }) => id === 1)?.destroyed).toEqual(['overdue']);
    expect([waiter.value?.connection.id, pool.stats().size]).toEqual([2, 1]);
  });

  test('P1 A16: that arrives soon after it was given up never makes one connection more than max', async () => {
    const { pool, clock, factory } = poolOf(TIMES, { destroy: { kind: 'slow', ms: 200 } });
    factory.next('create', { kind: 'late', ms: 1_400 });
    watch(pool.acquire());
    await clock.advance(5_000);

    expect(factory.peakOpen).toBe(1);
  });

  test('P22 A16: that arrives after it was forgotten is counted as created and as closed', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', { kind: 'late', ms: 3_000 });
    watch(pool.acquire({ timeoutMs: 10 }));
    await clock.advance(5_000);

    expect(pool.metrics().counters).toMatchObject({ created: 1, closed: { overdue: 1 } });
  });

  test('P13: stops none of the callers that other connections serve', async () => {
    const setup = poolOf({ ...TIMES, max: 2 });
    const [lease] = await lend(setup);
    setup.factory.script.create = NEVER;
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(5_000);
    lease!.release();
    await setup.clock.settle();

    expect(waiter.state).toBe('fulfilled');
  });
});

describe('a create that breaks its contract', () => {
  test('P13 A17 B11: by throwing synchronously is a failed connect like any other', async () => {
    const { pool, clock, factory, events } = poolOf();
    const error = new Error('thrown');
    factory.next('create', { kind: 'throw', error });
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(events.of('connect:failed')[0]).toMatchObject({ error, kind: 'transient', attempts: 1 });
    expect(waiter.state).toBe('fulfilled');
  });

  test('P13 A17: by returning the connection itself, without a promise, is forgiven', async () => {
    const setup = poolOf();
    const connection = { id: 7 } as never;
    setup.factory.create = () => connection;

    expect((await setup.pool.acquire()).connection).toBe(connection);
  });

  test('P13 A17: by resolving without a connection is a failed connect', async () => {
    const { pool, clock, factory, events } = poolOf();
    const create = factory.create.bind(factory);
    factory.create = () => {
      factory.create = create;
      return Promise.resolve(undefined as never);
    };
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect([events.of('connect:failed').length, waiter.value?.connection.id]).toEqual([1, 1]);
  });

  test('P11 A19: a connection reported lost before create resolves is closed once, and never lent', async () => {
    const { pool, clock, factory, events } = poolOf();
    const create = factory.create.bind(factory);
    factory.create = (context) => {
      factory.create = create;
      context.lost(new Error('reset by peer'));
      return create(context);
    };
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(factory.connections[0]!.destroyed).toEqual(['lost']);
    expect(events.of('connect:failed').map(({ error }) => (error as Error).message)).toEqual([
      'reset by peer',
    ]);
    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P12 A19: a loss reported without a cause is still an error to those who are told', async () => {
    const { pool, clock, factory, events } = poolOf();
    const create = factory.create.bind(factory);
    factory.create = (context) => {
      context.lost();
      return create(context);
    };
    const failure = failureOf(pool.acquire({ timeoutMs: 50 }));
    await clock.advance(100);

    expect(events.of('connect:failed')[0]!.error).toBeInstanceOf(Error);
    expect(((await failure) as Error).cause).toBeInstanceOf(Error);
  });
});
