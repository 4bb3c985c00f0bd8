import { describe, expect, test, vi } from 'vitest';
import { OptionError } from '../src/index.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { after, failureOf, watch } from './support/promises.ts';

/** Opens `count` connections and gives them back, the one with the lowest id first. */
async function warmUp({ pool, clock }: TestPool, count: number): Promise<void> {
  const leases = Promise.all(Array.from({ length: count }, () => pool.acquire()));
  await clock.settle();
  while (pool.stats().creating > 0) await clock.advance(10);
  for (const lease of await leases) lease.release();
}

describe('an idle connection', () => {
  test('P2 A1: is lent by the time acquire returns', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);

    void setup.pool.acquire();

    expect(setup.pool.stats()).toMatchObject({ leased: 1, idle: 0, waiting: 0 });
  });

  test('P2 A1: is lent most recently used first', async () => {
    const setup = poolOf({ max: 3 });
    await warmUp(setup, 3);

    const lease = await setup.pool.acquire();

    expect(lease.connection.id).toBe(3);
  });

  test('P2: that was used last is lent first, also when it was opened first', async () => {
    const setup = poolOf({ max: 2 });
    const [first, second] = await Promise.all([setup.pool.acquire(), setup.pool.acquire()]);
    second.release();
    await setup.clock.advance(1);
    first.release();

    expect(setup.pool.tryAcquire()?.connection.id).toBe(1);
  });

  test('P2 A1: is lent without arming a timer', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);
    const setTimer = vi.spyOn(setup.clock, 'setTimer');

    const lease = await setup.pool.acquire();
    lease.release();

    expect(setTimer).not.toHaveBeenCalled();
  });

  test('P2: is lent without arming a timer also when the caller gives a timeout, a signal and a label', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);
    const setTimer = vi.spyOn(setup.clock, 'setTimer');

    await setup.pool.acquire({ timeoutMs: 100, signal: new AbortController().signal, label: 'x' });

    expect(setTimer).not.toHaveBeenCalled();
  });

  test('P25: is lent and taken back with no more than the reading of the clock that the turn shares', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);
    const now = vi.spyOn(setup.clock, 'now');

    const lease = await setup.pool.acquire();
    lease.release();

    expect(now).not.toHaveBeenCalled();
  });

  test('P2: used within validateAfterIdleMs is lent without a round trip', async () => {
    const setup = poolOf({ validateAfterIdleMs: 500 });
    await warmUp(setup, 1);
    await setup.clock.advance(500);

    await setup.pool.acquire();

    expect(setup.factory.calls.validate).toBe(0);
  });

  test('P2: unused for longer than validateAfterIdleMs is validated before it is lent', async () => {
    const setup = poolOf({ validateAfterIdleMs: 500 });
    await warmUp(setup, 1);
    await setup.clock.advance(501);

    await setup.pool.acquire();

    expect(setup.factory.calls).toMatchObject({ validate: 1, create: 1 });
  });

  test('P2: is not listened for on the signal of the caller that got it', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');

    await setup.pool.acquire({ signal });

    expect(listen).not.toHaveBeenCalled();
  });
});

describe('the order of the callers', () => {
  test('P3 A2: a released connection goes to the caller that has waited longest', async () => {
    const { pool } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const order: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      void pool.acquire().then((next) => {
        order.push(name);
        next.release();
      });
    }

    lease.release();
    await pool.acquire();

    expect(order).toEqual(['first', 'second', 'third']);
  });

  test('P3: is that of the calls also when the callers have different timeouts', async () => {
    const { pool, clock, events } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    for (const timeoutMs of [9_000, 100, Infinity, 1_000]) {
      void pool.use(() => {}, { timeoutMs, label: String(timeoutMs) });
    }

    lease.release();
    await clock.settle();

    expect(events.of('lease:acquired').map(({ label }) => label)).toEqual([
      undefined,
      '9000',
      '100',
      'Infinity',
      '1000',
    ]);
  });

  test('P3 A2: a newcomer in the tick of the release does not overtake who waits', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());

    lease.release();
    const newcomer = watch(pool.acquire());
    await clock.settle();

    expect([waiter.state, newcomer.state]).toEqual(['fulfilled', 'pending']);
  });

  test('P3 B17: a newcomer does not take the connection that is being validated for who waits', async () => {
    const setup = poolOf({ max: 1 }, { validate: { kind: 'slow', ms: 10 } });
    await warmUp(setup, 1);
    await setup.clock.advance(1_000);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(5);

    const newcomer = watch(setup.pool.acquire());
    await setup.clock.advance(5);

    expect([waiter.state, newcomer.state]).toEqual(['fulfilled', 'pending']);
  });

  test('P3: a newcomer does not overtake who waits by taking a connection that keepalive has just proven', async () => {
    const { pool, clock, factory } = poolOf({ max: 2, validateAfterIdleMs: 500, keepaliveIntervalMs: 1_000 });
    const [early, late] = await Promise.all([pool.acquire(), pool.acquire()]);
    early.release();
    await clock.advance(400);
    late.release();
    await clock.advance(700);
    factory.script.validate = { kind: 'never' };
    const waiter = watch(pool.acquire());
    const newcomer = watch(pool.acquire());
    await clock.settle();

    expect([waiter.state, newcomer.state]).toEqual(['fulfilled', 'pending']);
  });

  test('P3: whatever connection becomes free first serves the caller that has waited longest', async () => {
    const { pool, clock, factory } = poolOf({ max: 2 });
    const lease = await pool.acquire();
    factory.script.create = { kind: 'slow', ms: 100 };
    const first = watch(pool.acquire());
    const second = watch(pool.acquire());
    await clock.advance(50);

    lease.release();
    await clock.settle();

    expect([first.value?.connection.id, second.state]).toEqual([1, 'pending']);
  });
});

describe('tryAcquire', () => {
  test('P3: lends an idle connection', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);

    expect(setup.pool.tryAcquire({ label: 'probe' })?.connection.id).toBe(1);
  });

  test('P3: answers undefined rather than wait', async () => {
    const { pool } = poolOf({ max: 1 });
    await pool.acquire();

    expect([pool.tryAcquire(), pool.stats().waiting]).toEqual([undefined, 0]);
  });

  test('P3: in the tick of a release does not overtake who waits', async () => {
    const { pool } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const waiter = pool.acquire();

    lease.release();

    expect(pool.tryAcquire()).toBeUndefined();
    expect((await waiter).connection.id).toBe(1);
  });

  test('P2: answers undefined rather than lend a connection that needs validating', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);
    await setup.clock.advance(1_000);

    expect(setup.pool.tryAcquire()).toBeUndefined();
  });

  test('P4: that found nothing gets a connection ready for a later call', async () => {
    const { pool, clock } = poolOf();
    pool.tryAcquire();
    await clock.settle();

    expect(pool.tryAcquire()?.connection.id).toBe(1);
  });

  test('P4: asks for one connection only, however often it finds nothing', async () => {
    const { pool, clock, factory } = poolOf({ max: 5 }, { create: { kind: 'slow', ms: 10 } });
    for (let call = 0; call < 5; call++) pool.tryAcquire();
    await clock.advance(10);

    expect(factory.calls.create).toBe(1);
  });

  test('P22: that found nothing is no attempt', () => {
    const { pool } = poolOf();
    pool.tryAcquire();

    expect(pool.metrics().counters).toMatchObject({ attempts: 0, refused: 0 });
  });

  test('P19 B26: on a closed pool answers undefined', async () => {
    const { pool } = poolOf();
    await pool.close();

    expect(pool.tryAcquire()).toBeUndefined();
  });
});

describe('connecting for callers', () => {
  test('P4 A10: 50 callers of a 2 ms query with 5 idle ones and 150 ms connects end near 5 connections', async () => {
    const setup = poolOf({ max: 50, maxConnecting: 2 }, { create: { kind: 'slow', ms: 150 } });
    await warmUp(setup, 5);
    const { pool, clock } = setup;

    void Promise.all(Array.from({ length: 50 }, () => pool.use(() => after(clock, 2))));
    await clock.advance(1_000);

    expect(pool.metrics().counters.released).toBe(55);
    expect(pool.stats().size).toBeLessThanOrEqual(7);
  });

  test('P4 A10: those 50 callers are all served by the 5, within 25 ms', async () => {
    const setup = poolOf({ max: 50, maxConnecting: 2 }, { create: { kind: 'slow', ms: 150 } });
    await warmUp(setup, 5);
    const { pool, clock } = setup;

    const burst = watch(Promise.all(Array.from({ length: 50 }, () => pool.use(() => after(clock, 2)))));
    await clock.advance(25);

    expect(burst.state).toBe('fulfilled');
  });

  test('P4 A11 I13: never more than maxConnecting connects are under way', async () => {
    const { pool, clock, factory } = poolOf(
      { max: 10, maxConnecting: 3 },
      { create: { kind: 'slow', ms: 10 } },
    );
    for (let caller = 0; caller < 10; caller++) void pool.acquire();
    await clock.advance(9);

    expect([pool.stats().creating, factory.calls.create]).toEqual([3, 3]);
  });

  test('P4 A11: under lasting load the pool grows to max', async () => {
    const { pool, clock } = poolOf({ max: 10, maxConnecting: 2 }, { create: { kind: 'slow', ms: 10 } });
    for (let caller = 0; caller < 20; caller++) void pool.acquire({ timeoutMs: Infinity });
    await clock.advance(50);

    expect(pool.stats()).toMatchObject({ size: 10, leased: 10, waiting: 10 });
  });

  test('P4: starts no more connects than callers wait', async () => {
    const { pool, clock, factory } = poolOf(
      { max: 10, maxConnecting: 10 },
      { create: { kind: 'slow', ms: 10 } },
    );
    void pool.acquire();
    void pool.acquire();
    await clock.advance(100);

    expect(factory.calls.create).toBe(2);
  });

  test('P4: starts no more connects once nobody waits any longer', async () => {
    const { pool, clock, factory } = poolOf(
      { max: 10, maxConnecting: 1 },
      { create: { kind: 'slow', ms: 100 } },
    );
    for (let caller = 0; caller < 10; caller++) watch(pool.acquire({ timeoutMs: 50 }));
    await clock.advance(1_000);

    expect(factory.calls.create).toBe(1);
  });

  test('P4 A12: a returned connection serves who waits, without waiting for the connect under way', async () => {
    const { pool, clock, factory } = poolOf({ max: 3, maxConnecting: 1 });
    const lease = await pool.acquire();
    factory.script.create = { kind: 'never' };
    const waiter = watch(pool.acquire());
    await clock.settle();

    lease.release();
    await clock.settle();

    expect(waiter.value?.connection.id).toBe(1);
  });

  test('P4: the connect whose caller was served otherwise goes idle when it arrives', async () => {
    const { pool, clock, factory } = poolOf({ max: 2 });
    const lease = await pool.acquire();
    factory.script.create = { kind: 'slow', ms: 10 };
    void pool.acquire();
    lease.release();
    await clock.advance(10);

    expect(pool.stats()).toMatchObject({ leased: 1, idle: 1, creating: 0 });
  });
});

describe('options of one call', () => {
  test.each([0, -1, Number.NaN, '10', null, {}])(
    'a timeoutMs of %o rejects, and does not throw',
    async (timeoutMs) => {
      const { pool } = poolOf();

      const error = await failureOf(pool.acquire({ timeoutMs: timeoutMs as number }));

      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({ option: 'timeoutMs', pool: 'pool' });
    },
  );

  test('a wrong timeoutMs is refused also when a connection is idle', async () => {
    const setup = poolOf();
    await warmUp(setup, 1);

    await expect(setup.pool.acquire({ timeoutMs: 0 })).rejects.toThrow(OptionError);
    expect(setup.pool.stats().idle).toBe(1);
  });

  test('given as undefined are as if not given', async () => {
    const { pool } = poolOf();

    await expect(
      pool.acquire({ timeoutMs: undefined, signal: undefined, label: undefined }),
    ).resolves.toBeDefined();
  });
});
