import { expect, test } from 'vitest';
import { OURS, PEER } from '../src/mysql/contestants.ts';
import { mysqlSuite } from '../src/mysql/suite.ts';
import { runSuite } from '../src/runner.ts';
import { numbersFor, TINY } from './tiny.ts';

test('mysql: every figure has a number for the pool and its peer', { timeout: 300_000 }, async () => {
  const scenarios = mysqlSuite.scenarios.map((scenario) => ({ ...scenario, contestants: [OURS, PEER] }));
  const suite = { ...mysqlSuite, scenarios };
  const results = await runSuite(suite, { rounds: 1, effort: TINY, useBuild: false, report: () => {} });
  expect(results).toEqual(numbersFor(suite));
  const rates = scenarios.flatMap(({ figures }) => figures).filter(({ unit }) => unit === 'statements/s');
  expect(rates.filter(({ key }) => !(Number(results[key]?.[OURS]) > 0))).toEqual([]);
});
