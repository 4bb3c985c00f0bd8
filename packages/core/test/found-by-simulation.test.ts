import { describe, expect, test } from 'vitest';
import { lend, rest } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';
import { watch } from './support/promises.ts';

// What the simulator of @pool/testing found in the core: the shortest way to each.

describe('found by simulation', () => {
  test('P12 B9: a driver that takes every new connection for broken is not stormed with connects', async () => {
    const setup = poolOf();
    setup.factory.isBroken = () => true;
    const caller = watch(setup.pool.acquire({ timeoutMs: 1_000 }));
    await setup.clock.advance(1_000);

    expect(caller.state).toBe('rejected');
    expect(setup.factory.calls.create).toBeLessThan(100);
    expect(setup.events.of('connect:failed').length).toBe(setup.factory.calls.create);
  });

  test('P1 P4: a connection reported lost after its create has failed calls for no other', async () => {
    const setup = poolOf();
    let lost: (() => void) | undefined;
    const create = setup.factory.create.bind(setup.factory);
    setup.factory.create = (context) => {
      lost = context.lost;
      return create(context);
    };
    setup.factory.next('create', { kind: 'fail' });
    const caller = watch(setup.pool.acquire());
    await setup.clock.settle();
    lost!();
    await setup.clock.advance(1_000);
    caller.value?.release();
    await setup.clock.settle();

    expect(setup.factory.calls.create).toBe(2);
    expect(setup.pool.stats()).toMatchObject({ size: 1, idle: 1 });
  });

  test('P17 I22: a listener that acquires while clear() closes gets no connection made before it', async () => {
    const setup = poolOf({ max: 3 });
    await rest(setup, 2);
    const got: unknown[] = [];
    setup.pool.on('connection:closed', () => got.push(setup.pool.tryAcquire()));
    setup.pool.clear();

    expect(got).toEqual([undefined, undefined]);
  });

  test('P17: a listener that acquires while evict() closes gets none of those picked', async () => {
    const setup = poolOf({ max: 3 });
    await rest(setup, 2);
    const got: unknown[] = [];
    setup.pool.on('connection:closed', () => got.push(setup.pool.tryAcquire()));
    setup.pool.evict(() => true);

    expect(got).toEqual([undefined, undefined]);
  });

  test('P10 P13: a reset without a time limit is told to stop when its connection is closed', async () => {
    const setup = poolOf({ resetTimeoutMs: Infinity }, { reset: { kind: 'never' } });
    const [lease] = await lend(setup);
    lease!.release();
    setup.pool.clear({ interrupt: true });

    expect(setup.factory.connections[0]!.signal.aborted).toBe(true);
  });

  test('P13 P14: a validate without a time limit is told to stop when its connection is closed', async () => {
    const setup = poolOf({ validateTimeoutMs: Infinity }, { validate: { kind: 'never' } });
    await rest(setup);
    await setup.clock.advance(1_000);
    void watch(setup.pool.acquire());
    setup.pool.clear();

    expect(setup.factory.connections[0]!.signal.aborted).toBe(true);
  });

  test('P1: a listener that clears the pool when a connection is lost as it arrives lets it count once', async () => {
    const setup = poolOf();
    const create = setup.factory.create.bind(setup.factory);
    setup.factory.create = async (context) => {
      const connection = await create(context);
      connection.lost();
      return connection;
    };
    setup.pool.on('connect:failed', () => setup.pool.clear({ interrupt: true }));
    void watch(setup.pool.acquire({ timeoutMs: 50 }));
    await setup.clock.advance(10_000);

    expect(setup.pool.stats()).toMatchObject({ size: 0, closing: 0 });
  });

  test('P11: a connection that was lost is not validated for a listener who asks for one before it is closed', async () => {
    const { pool, clock, factory } = poolOf({ maxWaiting: 0, validateAfterIdleMs: 0 });
    pool.tryAcquire();
    await clock.settle();
    const validated: number[] = [];
    factory.validate = ({ id }) => {
      validated.push(id);
      throw new Error('invalid');
    };
    pool.resize({ min: 2 });
    await clock.settle();
    pool.on('connect:failed', () => void watch(pool.acquire()));
    factory.connections[0]!.lost();
    await clock.settle();

    expect(validated).not.toContain(1);
    expect(validated).toContain(2);
  });

  test('P7: a caller that comes at the end of a short turn does not fail before its time', async () => {
    const setup = poolOf({ max: 1 });
    await setup.pool.acquire();
    void watch(setup.pool.acquire({ timeoutMs: 100 }));
    setup.clock.compute(0.5);
    const late = watch(setup.pool.acquire({ timeoutMs: 100 }));
    await setup.clock.advance(100 - 0.1);
    const before = late.state;
    await setup.clock.advance(1);

    expect([before, late.state]).toEqual(['pending', 'rejected']);
  });
});
