import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Effort } from './suite.ts';

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

/** Of a scenario's count, as much as the effort asks for. */
export function scaled(count: number, { share }: Effort): number {
  return Math.max(1, Math.round(count * share));
}
