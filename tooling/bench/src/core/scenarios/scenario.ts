import type { Effort, Figure, Figures } from '../../suite.ts';
import type { BenchPool, Contestant } from '../contestant.ts';

export const CONNECTIONS = 10;
export const ACQUIRE_TIMEOUT_MS = 5_000;

export interface CoreScenario {
  readonly name: string;
  readonly figures: readonly [Figure, ...Figure[]];
  /** Whether it is about deadlines, which the bare semaphore has not. */
  readonly needsDeadlines?: boolean;
  run(contestant: Contestant, effort: Effort): Promise<Figures>;
}

/** Borrows all connections, so that every other caller has to wait. */
export async function borrowAll(pool: BenchPool<unknown>): Promise<unknown[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, () => pool.acquire()));
}

/** A pool with all its connections open and idle. */
export async function filledPool(contestant: Contestant): Promise<BenchPool<unknown>> {
  const pool = contestant.create({ max: CONNECTIONS, acquireTimeoutMs: ACQUIRE_TIMEOUT_MS });
  for (const lent of await borrowAll(pool)) pool.release(lent);
  return pool;
}
