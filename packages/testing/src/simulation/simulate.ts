import type { PoolOptions } from '@pool/core';
import { live, type Outcome } from './live.ts';
import { planOf, type Plan } from './plan.ts';
import { shrink } from './shrink.ts';
import { SimulationError } from './simulation-error.ts';
import { plainSubject, type MakePool, type MakeSubject } from './subject.ts';

export interface SimulateOptions<C> {
  /** The first seed. @defaultValue 1 */
  readonly seed?: number;
  /** How many seeds, one after the other: each is a pool of its own. @defaultValue 100 */
  readonly seeds?: number;
  /** Of each seed. @defaultValue 200 */
  readonly steps?: number;
  /** What is simulated. @defaultValue a factory that opens at once and never fails by itself */
  readonly subject?: MakeSubject<C>;
  /** Options that are not left to chance: those that a factory needs. */
  readonly options?: PoolOptions;
  /** Makes the pool. @defaultValue `createPool` */
  readonly createPool?: MakePool<C>;
}

export interface SimulationReport {
  readonly seeds: number;
  readonly steps: number;
  readonly elapsedMs: number;
  /** Of everything that happened, in its order: the same for the same seeds. */
  readonly fingerprint: number;
}

/**
 * Drives pools over a factory by random workload and random faults under a virtual clock, and checks the contract of the pool
 * after every step; then the faults stop, and everything must settle.
 *
 * @throws {SimulationError} a seed broke a rule: says which, and the fewest steps that do it again
 */
export async function simulate<C>(options: SimulateOptions<C> = {}): Promise<SimulationReport> {
  const { seed = 1, seeds = 100, steps = 200 } = options;
  const startedAt = performance.now();
  let done = 0;
  let fingerprint = 0;
  for (let current = seed; current < seed + seeds; current++) {
    const plan = planOf(current, steps, options.options);
    const outcome = await replay(plan, options);
    done += outcome.steps;
    fingerprint = Math.imul(fingerprint ^ outcome.fingerprint, 0x01000193) >>> 0;
    if (outcome.broken.length > 0) throw await explain(plan, outcome, steps, options);
  }
  return { seeds, steps: done, elapsedMs: performance.now() - startedAt, fingerprint };
}

/** Lives one plan, such as that of a `SimulationError`. */
export function replay<C>(
  plan: Plan,
  { subject, createPool }: Pick<SimulateOptions<C>, 'subject' | 'createPool'> = {},
): Promise<Outcome> {
  return live<C>(plan, subject ?? (plainSubject as unknown as MakeSubject<C>), createPool);
}

async function explain<C>(
  plan: Plan,
  outcome: Outcome,
  steps: number,
  options: SimulateOptions<C>,
): Promise<SimulationError> {
  const [rule] = outcome.rules;
  const shortest = await shrink(
    { ...plan, actions: plan.actions.slice(0, outcome.steps) },
    async (candidate) => (await replay(candidate, options)).rules.includes(rule!),
  );
  const { broken } = await replay(shortest, options);
  return new SimulationError({ seed: plan.seed, steps, broken, plan: shortest });
}
