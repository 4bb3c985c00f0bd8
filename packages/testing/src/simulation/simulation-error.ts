import type { Plan } from './plan.ts';

/** What `simulate` found: a seed, the rules that were broken, and the shortest plan that breaks the first of them again. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly seed: number;
  readonly steps: number;
  readonly broken: readonly string[];
  /** Replays with `replay(plan)`. */
  readonly plan: Plan;

  constructor(found: { seed: number; steps: number; broken: readonly string[]; plan: Plan }) {
    const { seed, steps, broken, plan } = found;
    super(
      [
        `seed ${seed} breaks a rule of the pool:`,
        ...broken.map((rule) => `  ${rule}`),
        `shrunk to ${plan.actions.length} steps, with ${describe(plan.options)}, ${describe(plan.traits)}:`,
        ...plan.actions.map((action, index) => `  ${index + 1}. ${describe(action)}`),
        `again: simulate({ seed: ${seed}, seeds: 1, steps: ${steps} })`,
      ].join('\n'),
    );
    this.seed = seed;
    this.steps = steps;
    this.broken = broken;
    this.plan = plan;
  }
}

/** As one would write it; Infinity too, which JSON does not know. */
function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${describe(item)}`)
    .join(', ')} }`;
}
