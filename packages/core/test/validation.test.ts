import { describe, expect, test } from 'vitest';
import { failureOf, watch } from './support/promises.ts';
import { lend, rest } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';

const FAIL = { kind: 'fail' } as const;
const NEVER = { kind: 'never' } as const;

describe('validating', () => {
  test('P2 P14: sends nothing when the connection was used within validateAfterIdleMs', async () => {
    const setup = poolOf({ validateAfterIdleMs: 500 });
    await rest(setup);
    await setup.clock.advance(500);
    await setup.pool.acquire();

    expect(setup.factory.calls.validate).toBe(0);
  });

  test('P14: asks once about a connection that was unused for longer', async () => {
    const setup = poolOf({ validateAfterIdleMs: 500 });
    await rest(setup);
    await setup.clock.advance(501);
    const lease = await setup.pool.acquire();

    expect([setup.factory.calls.validate, lease.connection.id]).toEqual([1, 1]);
  });

  test('P14: is asked of every connection with validateAfterIdleMs 0, also of one used in this very turn', async () => {
    const setup = poolOf({ validateAfterIdleMs: 0 });
    await rest(setup);
    await setup.pool.acquire();

    expect(setup.factory.calls.validate).toBe(1);
  });

  test('P14: is left out for ever with validateAfterIdleMs Infinity', async () => {
    const setup = poolOf({ validateAfterIdleMs: Infinity, keepaliveIntervalMs: Infinity });
    await rest(setup);
    await setup.clock.advance(30_000);

    expect(setup.pool.tryAcquire()).toBeDefined();
  });

  test('P14: is not owed to a connection that validate has proven a moment ago', async () => {
    const setup = poolOf({}, { validate: { kind: 'slow', ms: 10 } });
    await rest(setup);
    await setup.clock.advance(1_000);
    watch(setup.pool.acquire({ timeoutMs: 5 }));
    await setup.clock.advance(10);

    expect(setup.pool.tryAcquire()).toBeDefined();
  });

  test('P14 A7: goes on when its caller aborts, and the connection is idle afterwards', async () => {
    const setup = poolOf({}, { validate: { kind: 'slow', ms: 100 } });
    await rest(setup);
    await setup.clock.advance(1_000);
    const abort = new AbortController();
    const waiter = watch(setup.pool.acquire({ signal: abort.signal }));
    abort.abort('gone');
    await setup.clock.advance(100);

    expect([waiter.error, setup.pool.stats().idle, setup.pool.stats().size]).toEqual(['gone', 1, 1]);
  });

  test('P3 P14: serves the head of the queue, also when another caller began it', async () => {
    const setup = poolOf({ max: 1 }, { validate: { kind: 'slow', ms: 100 } });
    await rest(setup);
    await setup.clock.advance(1_000);
    const abort = new AbortController();
    watch(setup.pool.acquire({ signal: abort.signal }));
    const next = watch(setup.pool.acquire());
    abort.abort();
    await setup.clock.advance(100);

    expect([next.value?.connection.id, setup.factory.calls.validate]).toEqual([1, 1]);
  });

  test('P14: is left out when the factory cannot: the connection is lent at once', async () => {
    const setup = poolOf({ idleTimeoutMs: Infinity });
    Object.assign(setup.factory, { validate: undefined });
    await rest(setup);
    await setup.clock.advance(600_000);

    expect(setup.pool.tryAcquire()?.connection.id).toBe(1);
  });

  test('P5 P14: counts against the deadline of the caller, which names it', async () => {
    const setup = poolOf({ max: 1, acquireTimeoutMs: 300 }, { validate: NEVER });
    await rest(setup);
    await setup.clock.advance(1_000);
    const failure = failureOf(setup.pool.acquire());
    await setup.clock.advance(300);

    expect(await failure).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', phase: 'validate', waitedMs: 300 });
  });
});

describe('a validate that fails', () => {
  test.each([
    ['rejects', () => Promise.reject(new Error('gone'))],
    ['rejects with false', () => Promise.reject(false as unknown as Error)],
    ['rejects with nothing', () => Promise.reject(undefined as unknown as Error)],
    [
      'throws synchronously',
      () => {
        throw new Error('gone');
      },
    ],
  ])(
    'P14 B10: because it %s closes the connection as invalid, and the caller gets another',
    async (_, validate) => {
      const setup = poolOf();
      await rest(setup);
      await setup.clock.advance(1_000);
      setup.factory.validate = validate as () => Promise<void>;
      const lease = await setup.pool.acquire();

      expect([setup.factory.connections[0]!.destroyed, lease.connection.id]).toEqual([['invalid'], 2]);
      expect(setup.events.of('error').map(({ phase }) => phase)).toEqual(['validate']);
    },
  );

  test('P14 A24: because it hangs closes the connection at validateTimeoutMs, within the deadline of the caller', async () => {
    const setup = poolOf({ validateTimeoutMs: 200 });
    await rest(setup);
    await setup.clock.advance(1_000);
    setup.factory.next('validate', NEVER);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(199);
    const before = waiter.state;
    await setup.clock.advance(1);

    expect([before, waiter.value?.connection.id]).toEqual(['pending', 2]);
    expect(setup.factory.connections[0]!.destroyed).toEqual(['invalid']);
  });

  test('P14 A24: because it hangs tells the driver by the signal of the connection', async () => {
    const setup = poolOf({ validateTimeoutMs: 200 }, { validate: NEVER });
    await rest(setup);
    await setup.clock.advance(1_000);
    watch(setup.pool.acquire());
    await setup.clock.advance(200);

    expect(setup.factory.connections[0]!.signal.aborted).toBe(true);
  });

  test('P14 B6: costs the caller nothing of the time that the close takes, when there is room', async () => {
    const setup = poolOf({ max: 2 }, { destroy: NEVER });
    await rest(setup);
    await setup.clock.advance(1_000);
    setup.factory.next('validate', FAIL);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.settle();

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P1 P14 B7: makes the caller wait for the close, when there is no room', async () => {
    const setup = poolOf({ max: 1 }, { destroy: { kind: 'slow', ms: 500 } });
    await rest(setup);
    await setup.clock.advance(1_000);
    setup.factory.next('validate', FAIL);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(499);
    const before = waiter.state;
    await setup.clock.advance(1);

    expect([before, waiter.state, setup.factory.peakOpen]).toEqual(['pending', 'fulfilled', 1]);
  });

  test('P14 A25: always costs one check per caller, and each caller gets a new connection', async () => {
    const setup = poolOf({ max: 3 }, { validate: FAIL });
    await rest(setup, 3);
    for (let caller = 0; caller < 10; caller++) {
      await setup.clock.advance(1_000);
      (await setup.pool.acquire()).release();
    }

    expect(setup.factory.calls.validate).toBeLessThanOrEqual(10);
    expect(setup.factory.calls.create).toBeLessThanOrEqual(13);
  });

  test('P14 A25: on a server that accepts no connects either goes on at the pace of the back-off', async () => {
    const setup = poolOf({ max: 3, acquireTimeoutMs: 10_000 }, { validate: FAIL });
    await rest(setup, 3);
    await setup.clock.advance(1_000);
    setup.factory.script.create = FAIL;
    const failure = failureOf(setup.pool.acquire());
    await setup.clock.advance(10_000);

    expect(await failure).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', diagnosis: { kind: 'unreachable' } });
    expect(setup.factory.calls.validate).toBeLessThanOrEqual(3);
    expect(setup.factory.calls.create).toBeLessThan(150);
  });

  test('P21: may be answered by a listener that clears the pool: the connection is closed once', async () => {
    const setup = poolOf();
    await rest(setup);
    await setup.clock.advance(1_000);
    setup.pool.on('error', () => setup.pool.clear());
    setup.factory.next('validate', FAIL);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.settle();

    expect(setup.factory.connections.map(({ destroyed }) => destroyed)).toEqual([
      ['invalid'],
      ['cleared'],
      [],
    ]);
    expect(setup.events.of('error').map(({ phase }) => phase)).toEqual(['validate']);
    expect(waiter.state).toBe('fulfilled');
  });

  test('P14 B10: after the connection was cleared changes nothing', async () => {
    const setup = poolOf({}, { validate: { kind: 'late', ms: 100 } });
    await rest(setup);
    await setup.clock.advance(1_000);
    watch(setup.pool.acquire({ timeoutMs: 50 }));
    setup.pool.clear();
    await setup.clock.advance(200);

    expect(setup.factory.connections[0]!.destroyed).toEqual(['cleared']);
    expect(setup.pool.stats().closing).toBe(0);
  });
});

describe('connections that died silently', () => {
  test('P14 A23: are not asked one after another: after the first failure a caller gets a new one', async () => {
    const setup = poolOf({ max: 6, validateTimeoutMs: 1_000, acquireTimeoutMs: 1_500 }, { validate: NEVER });
    await rest(setup, 5);
    await setup.clock.advance(2_000);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(1_000);

    expect([waiter.value?.connection.id, setup.factory.calls.validate]).toEqual([6, 1]);
  });

  test('P14 A23: are asked all the same when there is no room for a new one', async () => {
    const setup = poolOf({ max: 2 }, { destroy: NEVER });
    await rest(setup, 2);
    await setup.clock.advance(1_000);
    setup.factory.next('validate', FAIL);
    const lease = await setup.pool.acquire();

    expect([setup.factory.calls.validate, lease.connection.id]).toEqual([2, 1]);
  });

  test('P14: do not bring one under suspicion that was used since', async () => {
    const setup = poolOf({ max: 2 });
    const [old, young] = await lend(setup, 2);
    young!.release();
    await setup.clock.advance(1_000);
    old!.release();
    setup.factory.next('validate', FAIL);
    const lease = setup.pool.tryAcquire()!;
    watch(setup.pool.acquire());
    await setup.clock.settle();
    lease.release();

    expect(setup.pool.tryAcquire()?.connection.id).toBe(1);
  });

  test('P14: are trusted again once they are proven to be alive', async () => {
    const setup = poolOf({ max: 2 }, { destroy: NEVER });
    await rest(setup, 2);
    await setup.clock.advance(1_000);
    setup.factory.next('validate', FAIL);
    (await setup.pool.acquire()).release();

    expect(setup.pool.tryAcquire()?.connection.id).toBe(1);
  });

  test('P14 A56: while the process stood still are found: nothing idle is lent unasked after a thaw', async () => {
    const setup = poolOf({
      max: 1,
      validateAfterIdleMs: Infinity,
      idleTimeoutMs: Infinity,
      maxLifetimeMs: Infinity,
    });
    await rest(setup);
    await setup.clock.stall(3_600_000);

    expect(setup.pool.tryAcquire()).toBeUndefined();
    expect(setup.factory.calls.validate).toBeGreaterThan(0);
  });

  test('P14: are not suspected after a stall that is over in a moment', async () => {
    const setup = poolOf({ max: 1, validateAfterIdleMs: Infinity });
    await rest(setup);
    await setup.clock.stall(900);

    expect(setup.pool.tryAcquire()).toBeDefined();
  });
});
