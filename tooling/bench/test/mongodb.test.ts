import { expect, test } from 'vitest';
import { mongodbSuite } from '../src/mongodb/suite.ts';
import { runSuite } from '../src/runner.ts';
import { numbersFor, TINY } from './tiny.ts';

test(
  'mongodb: every figure has a number for the pool and the bare client',
  { timeout: 300_000 },
  async () => {
    const options = { rounds: 1, effort: TINY, useBuild: false, report: () => {} };
    const results = await runSuite(mongodbSuite, options);
    expect(results).toEqual(numbersFor(mongodbSuite));
  },
);
