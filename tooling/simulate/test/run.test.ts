import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { run } from '../src/run.ts';

test('P1 to P22: hold after each of 200 steps of 2,000 seeds, and everything settles when the faults stop', async () => {
  const { seeds, steps, findings } = await run({
    seed: 1,
    seeds: 2_000,
    steps: 200,
    workers: availableParallelism(),
  });

  expect(findings).toEqual([]);
  expect([seeds, steps]).toEqual([2_000, 400_000]);
}, 600_000);
