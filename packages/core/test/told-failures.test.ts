import { describe, expect, test } from 'vitest';
import { lend } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';
import { watch } from './support/promises.ts';

const REFUSED = {
  kind: 'fail',
  error: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
} as const;
const MINUTE = 60_000;

describe('a server whose failures are told', () => {
  const script = { create: REFUSED, classify: 'unavailable' } as const;

  test('P12: fails all that wait when a connect has failed, with the error of the driver as cause', async () => {
    const { pool, clock, factory } = poolOf({ maxConnecting: 1 }, { ...script });
    const waiters = [watch(pool.acquire()), watch(pool.acquire())];
    await clock.settle();

    for (const { error } of waiters)
      expect(error).toMatchObject({ code: 'POOL_CONNECT_FAILED', cause: REFUSED.error });
    expect((waiters[0]!.error as Error).message).not.toContain('retrying will not help');
    expect([factory.calls.create, pool.metrics().counters.refused]).toEqual([1, 2]);
  });

  test('P12: lets the next caller wait for the next attempt, and serves it when that succeeds', async () => {
    const { pool, clock, factory } = poolOf();
    factory.script.classify = 'unavailable';
    factory.next('create', REFUSED);
    const first = watch(pool.acquire());
    await clock.settle();
    const second = watch(pool.acquire());
    await clock.settle();
    const stateDuringThePause = second.state;
    await clock.advance(100);

    expect([first.state, stateDuringThePause, second.state]).toEqual(['rejected', 'pending', 'fulfilled']);
  });

  test('P12: does not tell those that came after the attempt had begun: they wait for the next one', async () => {
    const { pool, clock, factory } = poolOf({ createTimeoutMs: 1_000, maxConnecting: 1 });
    factory.script.classify = 'unavailable';
    factory.next('create', { kind: 'never' });
    const early = watch(pool.acquire());
    await clock.advance(999);
    const late = watch(pool.acquire());
    await clock.advance(1);
    const states = [early.state, late.state];
    await clock.advance(3_000);

    expect([...states, late.state]).toEqual(['rejected', 'pending', 'fulfilled']);
  });

  test('P12: is tried at a bounded rate, whoever asks', async () => {
    const { pool, clock, factory } = poolOf({}, { ...script });
    for (let ms = 0; ms < MINUTE; ms += 10) {
      watch(pool.acquire());
      await clock.advance(10);
    }

    expect(factory.calls.create).toBeGreaterThan(20);
    expect(factory.calls.create).toBeLessThan(200);
  });

  test('P12: does not fail those that a living connection can still serve', async () => {
    const setup = poolOf({ max: 2 });
    const [lease] = await lend(setup);
    Object.assign(setup.factory.script, script);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(1_000);
    lease!.release();
    await setup.clock.settle();

    expect(waiter.state).toBe('fulfilled');
  });
});
