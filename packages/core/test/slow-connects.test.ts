import { describe, expect, test } from 'vitest';
import { poolOf } from './support/pool-of.ts';
import { watch } from './support/promises.ts';

const TIMES = { acquireTimeoutMs: 5_000, createTimeoutMs: 10_000 };
const NEVER = { kind: 'never' } as const;

describe('a connect that takes long', () => {
  test('P4 F33: into a black hole costs a caller half of its time: then another begins, and serves it', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', NEVER);
    const caller = watch(pool.acquire());
    await clock.advance(2_499);
    expect([caller.state, factory.calls.create]).toEqual(['pending', 1]);
    await clock.advance(1);

    expect(caller.value?.connection.id).toBe(2);
  });

  test('P4 F19: takes its place all the same: never more than maxConnecting are under way', async () => {
    const { pool, clock, factory } = poolOf({ ...TIMES, maxConnecting: 2 }, { create: NEVER });
    for (let caller = 0; caller < 9; caller++) void watch(pool.acquire({ timeoutMs: 9_000 }));
    await clock.advance(9_999);

    expect(factory.calls.create).toBe(2);
  });

  test('P1: counts against max, so that there is no other when there is no room', async () => {
    const { pool, clock, factory } = poolOf({ ...TIMES, max: 1 });
    factory.next('create', NEVER);
    const caller = watch(pool.acquire());
    await clock.advance(5_000);

    expect([caller.state, factory.calls.create]).toEqual(['rejected', 1]);
  });

  test('P4: calls for no other once nobody waits', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', NEVER);
    void watch(pool.acquire({ timeoutMs: 100 }));
    await clock.advance(9_000);

    expect(factory.calls.create).toBe(1);
  });

  test('P15: still counts for min', async () => {
    const { pool, clock, factory } = poolOf({ ...TIMES, min: 1 });
    factory.next('create', NEVER);
    void watch(pool.acquire({ timeoutMs: 100 }));
    await clock.advance(9_000);

    expect(factory.calls.create).toBe(1);
  });

  test('P3 P4: that arrives after all serves whoever comes next, and is kept', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', { kind: 'slow', ms: 4_000 });
    const first = watch(pool.acquire());
    await clock.advance(4_000);
    const second = await pool.acquire();

    expect([first.value?.connection.id, second.connection.id]).toEqual([2, 1]);
    expect(pool.stats()).toMatchObject({ size: 2, leased: 2, creating: 0 });
  });

  test('P4: and is cleared meanwhile is not missed twice', async () => {
    const { pool, clock, factory } = poolOf({ ...TIMES, maxConnecting: 5 });
    factory.next('create', NEVER);
    void watch(pool.acquire({ timeoutMs: 9_000 }));
    factory.next('create', NEVER);
    await clock.advance(2_500);
    pool.clear();
    await clock.settle();
    expect(factory.calls.create).toBe(3);
    await clock.advance(1_000);

    expect(factory.calls.create).toBe(3);
    expect(pool.stats()).toMatchObject({ size: 3, creating: 2, leased: 1 });
  });

  test('P12: is the only one after a failure, as long as it takes', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', { kind: 'fail' }).next('create', NEVER);
    void watch(pool.acquire({ timeoutMs: 9_000 }));
    await clock.advance(9_000);

    expect(factory.calls.create).toBe(2);
  });

  test('P7: is judged only after what arrived during a stall is delivered', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    let arrive: (() => void) | undefined;
    const create = factory.create.bind(factory);
    factory.create = async (context) => {
      await new Promise<void>((resolve) => (arrive = resolve));
      return create(context);
    };
    const caller = watch(pool.acquire());
    await clock.settle();
    await clock.stall(3_000, () => arrive!());

    expect(caller.state).toBe('fulfilled');
    expect(factory.calls.create).toBe(1);
    expect(pool.stats()).toMatchObject({ creating: 0, size: 1 });
  });

  test('P19: leaves no timer behind, however it ends', async () => {
    const { pool, clock, factory } = poolOf(TIMES);
    factory.next('create', { kind: 'fail' }).next('create', { kind: 'slow', ms: 100 }).next('create', NEVER);
    const leases = [watch(pool.acquire()), watch(pool.acquire()), watch(pool.acquire())];
    await clock.advance(5_000);
    for (const { value } of leases) value?.release();
    const closed = watch(pool.close());
    await clock.advance(2_000);

    expect(closed.state).toBe('fulfilled');
    expect(clock.pendingTimers).toBe(0);
  });
});

test('P4 P17: a connect that is cleared twice is missed once', async () => {
  const { pool, clock, factory } = poolOf(
    { max: 9, maxConnecting: 9 },
    { create: { kind: 'slow', ms: 100 } },
  );
  void watch(pool.acquire());
  pool.clear();
  pool.clear();
  await clock.settle();

  expect(factory.calls.create).toBe(3);
});
