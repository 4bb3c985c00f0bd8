import { expect, test } from 'vitest';
import { postgresSuite } from '../src/postgres/suite.ts';
import { runSuite } from '../src/runner.ts';
import { numbersFor, TINY } from './tiny.ts';

test('postgres: every figure has a number for our pools and for pg-pool', { timeout: 300_000 }, async () => {
  const options = { rounds: 1, effort: TINY, useBuild: false, report: () => {} };
  const results = await runSuite(postgresSuite, options);
  expect(results).toEqual(numbersFor(postgresSuite));
});
