import { describe, expect, test, vi } from 'vitest';
import { AcquireTimeoutError, ConnectError } from '../src/index.ts';
import { failureOf, watch } from './support/promises.ts';
import { lend, rest } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';

const REFUSED = {
  kind: 'fail',
  error: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
} as const;
const MINUTE = 60_000;

describe('a server that is down for a while', () => {
  test('P12 A13: costs a waiter the pause, and not its place', async () => {
    const { pool, clock, factory } = poolOf();
    factory.next('create', REFUSED).next('create', REFUSED);
    const waiter = watch(pool.acquire());
    await clock.advance(300);

    expect(waiter.value?.connection.id).toBe(3);
  });

  test('P5 P12 A13: is named as the cause when the deadline passes', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 1_000 }, { create: REFUSED });
    const failure = failureOf(pool.acquire());
    await clock.advance(1_000);

    expect(await failure).toMatchObject({
      code: 'POOL_ACQUIRE_TIMEOUT',
      phase: 'create',
      cause: REFUSED.error,
    });
  });

  test('P12 A18: after one failed connect the connect of the next waiter starts without another event', async () => {
    const { pool, clock, factory } = poolOf({ max: 2, maxConnecting: 1 });
    factory.next('create', REFUSED);
    const waiters = [watch(pool.acquire({ timeoutMs: 1 })), watch(pool.acquire())];
    await clock.advance(200);

    expect(waiters.map(({ state }) => state)).toEqual(['rejected', 'fulfilled']);
  });

  test('P12: is tried by one connect at a time, however many wait', async () => {
    const { pool, clock, events } = poolOf(
      { max: 10, maxConnecting: 4 },
      { create: { ...REFUSED, afterMs: 20 } },
    );
    for (let caller = 0; caller < 10; caller++) watch(pool.acquire());
    await clock.advance(20);
    let most = 0;
    for (let ms = 0; ms < 3_000; ms++) {
      await clock.advance(1);
      most = Math.max(most, pool.stats().creating);
    }

    expect(events.of('connect:failed').length).toBeGreaterThan(5);
    expect(most).toBe(1);
  });

  test('P12: is tried after pauses of up to a tenth of how long it is down, at least 20 and at most 2,000 ms', async () => {
    const { pool, clock, events } = poolOf({}, { create: REFUSED });
    vi.spyOn(clock, 'random').mockReturnValue(0.999);
    watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(60_000);
    const pauses = events.of('connect:failed').map(({ retryInMs }) => Math.ceil(retryInMs));

    expect(pauses.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 20));
    expect(pauses.slice(11, 15)).toEqual([22, 25, 27, 30]);
    expect(pauses.slice(-2)).toEqual([1_998, 1_998]);
  });

  test('P12 A4: that was away for 200 ms serves its waiter within 50 ms', async () => {
    const { pool, clock, factory } = poolOf({}, { create: REFUSED });
    vi.spyOn(clock, 'random').mockReturnValue(0.999);
    const waiter = watch(pool.acquire());
    await clock.advance(200);
    delete factory.script.create;
    await clock.advance(50);

    expect(waiter.state).toBe('fulfilled');
  });

  test('P12: is tried after pauses that are uniform between nothing and their bound', async () => {
    const { pool, clock, events } = poolOf({}, { create: REFUSED });
    watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(5 * MINUTE);
    const late = events
      .of('connect:failed')
      .slice(5)
      .map(({ retryInMs }) => retryInMs);
    const share = (from: number, to: number): number =>
      late.filter((ms) => ms >= from && ms < to).length / late.length;

    for (const from of [0, 500, 1_000, 1_500]) expect(share(from, from + 500)).toBeGreaterThan(0.15);
  });

  test('P12 A28 B9: is tried at most twice a second over ten minutes', async () => {
    const { pool, clock, factory } = poolOf({}, { create: REFUSED });
    watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(10 * MINUTE);

    expect(factory.calls.create).toBeGreaterThan(300);
    expect(factory.calls.create).toBeLessThan(1_200);
  });

  test('P12 A28: is tried no more once nobody waits', async () => {
    const { pool, clock, factory } = poolOf({}, { create: REFUSED });
    watch(pool.acquire({ timeoutMs: 1_000 }));
    await clock.advance(4_000);
    const tried = factory.calls.create;
    await clock.advance(10 * MINUTE);

    expect(factory.calls.create).toBe(tried);
  });

  test('P12 P15: is tried for min although nobody waits', async () => {
    const { pool, clock, factory } = poolOf({ min: 1 }, { create: REFUSED });
    watch(pool.acquire({ timeoutMs: 10 }));
    await clock.advance(MINUTE);
    delete factory.script.create;
    await clock.advance(2_000);

    expect(pool.stats().idle).toBe(1);
  });

  test('P6 A28: leaves nothing behind of the callers that come and go for ten minutes', async () => {
    const { pool, clock } = poolOf({ max: 10 }, { create: REFUSED });
    let most = 0;
    for (let second = 0; second < 600; second++) {
      for (let caller = 0; caller < 5; caller++) watch(pool.acquire({ timeoutMs: 100 + caller }));
      await clock.advance(1_000);
      most = Math.max(most, clock.pendingTimers);
    }

    expect([most <= 2, pool.stats().waiting, pool.stats().size]).toEqual([true, 0, 0]);
  });

  test('P12 A28: is found again within one step of the back-off', async () => {
    const { pool, clock, factory } = poolOf({}, { create: REFUSED });
    const waiter = watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(10 * MINUTE);
    delete factory.script.create;
    await clock.advance(2_000);

    expect(waiter.state).toBe('fulfilled');
  });

  test('P12 A30: is met by one connect when it is back, and then by maxConnecting at once', async () => {
    const { pool, clock, factory, events } = poolOf({ max: 10, maxConnecting: 3 }, { create: REFUSED });
    for (let caller = 0; caller < 20; caller++) watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(MINUTE);
    factory.script.create = { kind: 'slow', ms: 100 };
    const seen: number[] = [];
    pool.on('connection:created', () => seen.push(pool.stats().creating));
    await clock.advance(5_000);

    expect(events.of('connection:created').length).toBe(10);
    expect([seen[0], Math.max(...seen), factory.peakOpen]).toEqual([1, 3, 10]);
  });

  test('P12 A27: fails ready() in time, with the reason', async () => {
    const { pool, clock } = poolOf({ min: 2 }, { create: REFUSED });
    const failure = failureOf(pool.ready({ timeoutMs: 500 }));
    await clock.advance(500);
    const error = await failure;

    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect((error as Error).cause).toBe(REFUSED.error);
  });

  test('P12 P15 A27: after a failed ready() the pool opens min as soon as the server is there', async () => {
    const { pool, clock, factory } = poolOf({ min: 2 }, { create: REFUSED });
    watch(pool.ready({ timeoutMs: 500 }));
    await clock.advance(5_000);
    delete factory.script.create;
    await clock.advance(2_000);

    expect(pool.stats().idle).toBe(2);
  });

  test('P12: whose connections die as soon as they are open is not stormed', async () => {
    const { pool, clock, factory } = poolOf({ min: 1 });
    // Bounded, so that a storm fails this test and does not hang it.
    const die = (): void => void (factory.connections.length < 1_000 && factory.connections.at(-1)!.lost());
    pool.on('connection:created', () => queueMicrotask(die));
    watch(pool.ready({ timeoutMs: 1 }));
    await clock.advance(MINUTE);

    expect(factory.calls.create).toBeLessThan(250);
  });

  test('P11 P12: a connection that dies unused, right after it was opened, counts as a failed connect', async () => {
    const { pool, clock, factory, events } = poolOf();
    expect(pool.tryAcquire()).toBeUndefined();
    await clock.settle();
    factory.connections[0]!.lost();

    expect([events.of('connect:failed').length, pool.metrics().counters.createFailed]).toEqual([1, 1]);
  });

  test('P11 P12: a connection that dies unused after an hour is no failed connect', async () => {
    const { pool, clock, factory, events } = poolOf({ idleTimeoutMs: Infinity, maxLifetimeMs: Infinity });
    pool.tryAcquire();
    await clock.advance(60 * MINUTE);
    factory.connections[0]!.lost();

    expect(events.of('connect:failed')).toEqual([]);
  });
});

describe('a server that refuses for good', () => {
  const DENIED = {
    kind: 'fail',
    error: Object.assign(new Error('bad password'), { code: '28P01' }),
  } as const;
  const script = { create: DENIED, classify: 'fatal' } as const;

  test('P12 A14: fails all that wait at once, each with its own ConnectError around the error of the driver', async () => {
    const { pool, clock } = poolOf({}, { ...script });
    const waiters = [watch(pool.acquire()), watch(pool.acquire())];
    await clock.settle();

    for (const { error } of waiters)
      expect(error).toMatchObject({ name: 'ConnectError', cause: DENIED.error });
    expect(waiters[0]!.error).not.toBe(waiters[1]!.error);
  });

  test('P12 A14: answers newcomers at once with the same cause, and no connect', async () => {
    const { pool, clock, factory } = poolOf({}, { ...script });
    watch(pool.acquire());
    await clock.settle();
    const tried = factory.calls.create;
    const error = await failureOf(pool.acquire());

    expect(error).toBeInstanceOf(ConnectError);
    expect([(error as Error).cause, factory.calls.create]).toEqual([DENIED.error, tried]);
  });

  test('P12: is probed by the pool itself, and callers are served after the first that succeeds', async () => {
    const { pool, clock, factory } = poolOf({}, { ...script });
    watch(pool.acquire());
    await clock.settle();
    delete factory.script.create;
    await clock.advance(4_000);

    expect((await pool.acquire()).connection.id).toBeGreaterThan(1);
  });

  test('P12 A14: is probed rarely: at most 100 times in ten minutes', async () => {
    const { pool, clock, factory } = poolOf({}, { ...script });
    watch(pool.acquire());
    await clock.advance(10 * MINUTE);

    expect(factory.calls.create).toBeGreaterThan(15);
    expect(factory.calls.create).toBeLessThan(100);
  });

  test('P12: does not fail those that a living connection can still serve', async () => {
    const setup = poolOf({ max: 2 });
    const [lease] = await lend(setup);
    Object.assign(setup.factory.script, script);
    const waiters = [watch(setup.pool.acquire()), watch(setup.pool.acquire())];
    await setup.clock.advance(1_000);
    lease!.release();
    await setup.clock.settle();

    expect(waiters.map(({ state }) => state)).toEqual(['fulfilled', 'pending']);
  });

  test('P12: fails those that wait at once when the last living connection goes', async () => {
    const setup = poolOf({ max: 2 });
    const [lease] = await lend(setup);
    Object.assign(setup.factory.script, script);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(1_000);
    lease!.destroy();
    await setup.clock.settle();

    expect(waiter.error).toBeInstanceOf(ConnectError);
  });

  test('P12: costs no idle connection that works its place', async () => {
    const setup = poolOf({ max: 2, idleTimeoutMs: Infinity });
    Object.assign(setup.factory, { validate: undefined });
    const [lease] = await lend(setup);
    Object.assign(setup.factory.script, script);
    watch(setup.pool.acquire({ timeoutMs: 100 }));
    await setup.clock.advance(200);
    lease!.release();
    await setup.clock.advance(5 * MINUTE);

    expect(setup.factory.connections[0]!.destroyed).toEqual([]);
  });

  test.each(['paused', 'full', 'idle'] as const)(
    'P12: is still probed when the pool was %s at the time of the probe',
    async (was) => {
      const setup = poolOf({ max: 2, idleTimeoutMs: 2 * MINUTE });
      const { pool, clock, factory } = setup;
      const [lease] = await lend(setup);
      Object.assign(factory.script, script);
      watch(pool.acquire({ timeoutMs: 100 }));
      await clock.advance(200);
      if (was === 'paused') pool.pause();
      if (was === 'full') pool.resize({ max: 1 });
      if (was === 'idle') lease!.release();
      await clock.advance(MINUTE);
      delete factory.script.create;
      if (!lease!.isEnded) lease!.destroy();
      pool.resume();
      await clock.advance(10 * MINUTE);

      watch(pool.acquire());
      await clock.settle();

      expect(pool.stats().leased).toBe(1);
    },
  );
});

describe('a server that is full', () => {
  const FULL = { kind: 'fail', error: Object.assign(new Error('too many'), { code: '53300' }) } as const;

  test('P12 A63: keeps its waiters, and released connections serve them', async () => {
    const setup = poolOf({ max: 5, acquireTimeoutMs: 30_000 });
    const [lease] = await lend(setup);
    Object.assign(setup.factory.script, { create: FULL, classify: 'overload' });
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(20_000);
    lease!.release();
    await setup.clock.settle();

    expect(waiter.value?.connection.id).toBe(1);
  });

  test('P12 A63: is tried after longer pauses than one that is away', async () => {
    const { pool, clock, events } = poolOf({}, { create: FULL, classify: 'overload' });
    vi.spyOn(clock, 'random').mockReturnValue(0.999);
    watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(30_000);
    const pauses = events.of('connect:failed').map(({ retryInMs }) => Math.ceil(retryInMs));

    expect(pauses.slice(0, 7)).toEqual([200, 400, 800, 1_599, 3_197, 4_995, 4_995]);
  });

  test('P21: whose error breaks classify is one that is away', async () => {
    const { pool, clock, factory, events } = poolOf();
    factory.classify = () => {
      throw new Error('classify broke');
    };
    factory.next('create', FULL);
    const waiter = watch(pool.acquire());
    await clock.advance(200);

    expect([events.of('error')[0]?.phase, events.of('connect:failed')[0]?.kind, waiter.state]).toEqual([
      'classify',
      'transient',
      'fulfilled',
    ]);
  });

  test('P12: does not count against connections that work', async () => {
    const setup = poolOf({ max: 5 });
    await rest(setup);
    Object.assign(setup.factory.script, { create: FULL, classify: 'overload' });
    watch(setup.pool.acquire());
    watch(setup.pool.acquire({ timeoutMs: 10 }));
    await setup.clock.advance(MINUTE);

    expect(setup.pool.stats()).toMatchObject({ leased: 1, connectFailure: { code: '53300' } });
  });
});
