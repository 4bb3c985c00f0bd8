import { expect, test } from 'vitest';
import { poolOf } from './support/pool-of.ts';

test('P2 P16 A34: keepalive leaves three idle connections in the order of their use', async () => {
  const { pool, clock, factory } = poolOf({ keepaliveIntervalMs: 1_000, validateAfterIdleMs: Infinity });
  const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
  for (const lease of leases) {
    lease.release();
    await clock.advance(100);
  }
  await clock.advance(5_000);
  expect(factory.calls.validate).toBeGreaterThan(6);

  expect([1, 2, 3].map(() => pool.tryAcquire()?.connection.id)).toEqual([3, 2, 1]);
});
