import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Model, type Action } from './support/model.ts';

// POOL_RUNS=20000 vitest run test/model.test.ts looks longer; POOL_SEED=… looks at the same again.
const RUNS = Number(process.env['POOL_RUNS'] ?? 300);
const SEED = process.env['POOL_SEED'];

const which = fc.nat({ max: 1_000 });
const behaviours = {
  create: fc.constantFrom(
    'ok',
    { kind: 'fail', afterMs: 20 },
    { kind: 'throw' },
    { kind: 'slow', ms: 50 },
    { kind: 'late', ms: 250 },
  ),
  validate: fc.constantFrom(
    'ok',
    { kind: 'fail' },
    { kind: 'throw' },
    { kind: 'slow', ms: 50 },
    { kind: 'never' },
  ),
  reset: fc.constantFrom(
    'ok',
    { kind: 'fail' },
    { kind: 'throw' },
    { kind: 'slow', ms: 50 },
    { kind: 'never' },
  ),
  destroy: fc.constantFrom('ok', { kind: 'fail' }, { kind: 'throw' }, { kind: 'slow', ms: 150 }),
} as const;

const fault = fc.constantFrom('create', 'validate', 'reset', 'destroy').chain((step) =>
  fc.record({
    do: fc.constant('fault'),
    step: fc.constant(step),
    behaviour: behaviours[step],
    kind: fc.constantFrom('transient', 'transient', 'unavailable', 'overload', 'fatal'),
  }),
);

const action = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      do: fc.constant('acquire'),
      timeoutMs: fc.constantFrom(5, 50, 300, 1_000, 20_000),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('tryAcquire') }) },
  { weight: 32, arbitrary: fc.record({ do: fc.constant('release'), which }) },
  {
    weight: 24,
    arbitrary: fc.record({ do: fc.constantFrom('destroy', 'abort', 'lose', 'break', 'evict'), which }),
  },
  {
    weight: 32,
    arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.constantFrom(0, 1, 10, 60, 200, 500, 6_000) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('stall'), ms: fc.constantFrom(20, 300, 3_000) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('resize'),
      max: fc.integer({ min: 1, max: 5 }),
      min: fc.nat({ max: 3 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('clear'), interrupt: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume', 'resume') }) },
  { weight: 20, arbitrary: fault },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close') }) },
) as fc.Arbitrary<Action>;

const options = fc.record({
  max: fc.integer({ min: 2, max: 4 }),
  min: fc.nat({ max: 2 }),
  maxUses: fc.constantFrom(Infinity, 3),
  maxLeaseMs: fc.constantFrom(Infinity, 5_000),
});

test(`P1 P3 P9 P11 P13 P15 P17 P19 P22: hold after each of some 70 random steps in ${RUNS} pools, and everything settles`, async () => {
  const lives = fc.asyncProperty(
    options,
    fc.array(action, { maxLength: 140, size: 'max' }),
    async (given, actions) => {
      const model = new Model(given);
      for (const next of actions) await model.act(next);

      expect(await model.end()).toEqual([]);
    },
  );
  // A failure prints its seed, and the shortest list of actions that shows it.
  await fc.assert(lives, { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) });
}, 600_000);
