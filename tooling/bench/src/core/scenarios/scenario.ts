import { setImmediate as nextTurn } from 'node:timers/promises';
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

/**
 * Repeats a step and lets the event loop turn after each: what a pool leaves for later is counted.
 *
 * @param step resolves with the number of its operations
 * @param warmup what to repeat before, unmeasured
 */
export async function operationsPerSecond(
  effort: Effort,
  step: () => Promise<number>,
  warmup: () => Promise<number> = step,
): Promise<number> {
  await repeat(warmup, effort.warmupMs);
  const { operations, elapsedMs } = await repeat(step, effort.measureMs);
  return (operations / elapsedMs) * 1000;
}

async function repeat(
  step: () => Promise<number>,
  forMs: number,
): Promise<{ operations: number; elapsedMs: number }> {
  const start = performance.now();
  let operations = 0;
  let elapsedMs = 0;
  while (elapsedMs < forMs) {
    operations += await step();
    await nextTurn();
    elapsedMs = performance.now() - start;
  }
  return { operations, elapsedMs };
}

export function scaled(count: number, { share }: Effort): number {
  return Math.max(1, Math.round(count * share));
}
