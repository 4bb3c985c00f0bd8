import { planOf, replay, simulate, type Action, type Plan } from '@pool/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

// The rules are the simulator's. Here fast-check mixes the steps of several of its seeds, and shrinks in its own way: a second
// opinion on what makes a schedule. `npm run simulate -- --seeds N` looks for longer.

const STEPS = 80;
const seed = fc.nat({ max: 1_000_000 });

const plan: fc.Arbitrary<Plan> = fc
  .record({ first: seed, second: seed, order: fc.array(fc.boolean(), { maxLength: STEPS }) })
  .map(({ first, second, order }) => {
    const one = planOf(first, STEPS);
    const other = planOf(second, STEPS);
    const actions: Action[] = order.map((isFirst, at) => (isFirst ? one : other).actions[at]!);
    return { seed: one.seed, options: one.options, traits: one.traits, actions };
  });

test('P1 P3 P4 P9 P11 P13 P15 P17 P19 P22: hold after each step of mixed schedules, and everything settles', async () => {
  const lives = fc.asyncProperty(plan, async (mixed) => {
    expect((await replay(mixed)).broken).toEqual([]);
  });
  // A failure prints its seed, and the shortest schedule that shows it.
  await fc.assert(lives, { numRuns: 300 });
}, 60_000);

test('P1 to P22: hold after each of 200 steps of 150 seeds, and everything settles', async () => {
  const { steps } = await simulate({ seed: 1, seeds: 150, steps: 200 });

  expect(steps).toBe(150 * 200);
}, 60_000);
