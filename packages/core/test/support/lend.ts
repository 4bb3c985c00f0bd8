import type { ScriptedConnection } from '@pool/testing';
import type { Lease } from '../../src/index.ts';
import type { TestPool } from './pool-of.ts';

/** Leases of as many connections, all opened by now. For a factory whose `create` answers at once. */
export async function lend({ pool, clock }: TestPool, count = 1): Promise<Lease<ScriptedConnection>[]> {
  const leases = Promise.all(Array.from({ length: count }, () => pool.acquire()));
  await clock.settle();
  return leases;
}

/** Opens connections and gives them back: the one with the lowest id has been idle longest. */
export async function rest(setup: TestPool, count = 1): Promise<void> {
  for (const lease of await lend(setup, count)) lease.release();
  await setup.clock.settle();
}
