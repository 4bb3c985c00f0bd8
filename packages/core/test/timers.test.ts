import { describe, expect, test, vi } from 'vitest';
import { watch } from './support/promises.ts';
import { lend, rest } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
describe('timers', () => {
  test('P20: none keeps the process alive while the pool is idle', async () => {
    const setup = poolOf({ min: 2 });
    await rest(setup, 3);
    await setup.clock.advance(MINUTE / 2);

    expect(setup.clock.keepAliveTimers).toBe(0);
  });

  test('P20: none keeps the process alive while a keepalive waits for its answer', async () => {
    const setup = poolOf({ idleTimeoutMs: HOUR, validateTimeoutMs: MINUTE }, { validate: { kind: 'never' } });
    await rest(setup);
    await setup.clock.advance(2 * MINUTE);

    expect([setup.pool.stats().checking, setup.clock.keepAliveTimers]).toEqual([1, 0]);
  });

  test('P20: none keeps the process alive because of a lease', async () => {
    const setup = poolOf({ maxLeaseMs: MINUTE });
    await lend(setup);

    expect(setup.clock.keepAliveTimers).toBe(0);
  });

  test('P20 B23: one keeps the process alive as long as somebody waits, also without a deadline', async () => {
    const setup = poolOf({ max: 1 });
    const [lease] = await lend(setup);
    const waiter = watch(setup.pool.acquire({ timeoutMs: Infinity }));
    const during = setup.clock.keepAliveTimers;
    lease!.release();
    await setup.clock.settle();
    waiter.value!.release();

    expect([during, setup.clock.keepAliveTimers]).toEqual([1, 0]);
  });

  test('P20 P25: fire at most as often as something is due: 20 connections for an hour', async () => {
    const setup = poolOf({ min: 20, max: 40 });
    await rest(setup, 40);
    await lend(setup, 5);
    const before = setup.clock.firedTimers;
    await setup.clock.advance(HOUR);
    // Every connection is asked each two minutes, and renewed each half an hour; leases are looked at each half a minute.
    expect(setup.clock.firedTimers - before).toBeLessThan(2_000);
  });

  test('P20: fire no more once the last connection is closed', async () => {
    const setup = poolOf();
    await rest(setup, 3);
    await setup.clock.advance(HOUR);
    const fired = setup.clock.firedTimers;
    await setup.clock.advance(24 * HOUR);

    expect([setup.clock.firedTimers, setup.clock.pendingTimers]).toEqual([fired, 0]);
  });

  test('P25: are not set by lending and releasing: a thousand leases cost none', async () => {
    const setup = poolOf();
    await rest(setup);
    const setTimer = vi.spyOn(setup.clock, 'setTimer');
    for (let use = 0; use < 1_000; use++) setup.pool.tryAcquire()!.release();

    expect(setTimer).not.toHaveBeenCalled();
  });
});
