import { expect, test } from 'vitest';
import { coreSuite } from '../src/core/suite.ts';
import { runSuite } from '../src/runner.ts';
import type { Scenario, Suite } from '../src/suite.ts';
import { sqliteSuite } from '../src/sqlite/suite.ts';
import { renderScenario } from '../src/table.ts';
import { numbersFor, TINY } from './tiny.ts';

const options = { rounds: 1, effort: TINY, useBuild: false, report: () => {} };

const only = (name: string, changes: Partial<Scenario>): Suite => {
  const scenario = coreSuite.scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return { ...coreSuite, scenarios: [{ ...scenario, ...changes }] };
};

test(
  'core: every figure has a number for every contestant, and each did something',
  { timeout: 120_000 },
  async () => {
    const results = await runSuite(coreSuite, options);
    expect(results).toEqual(numbersFor(coreSuite));
    // Only speeds: with as few waiters as here, the heap may even shrink.
    const speeds = coreSuite.scenarios.flatMap(({ figures }) =>
      figures.filter(({ unit }) => unit === 'ops/s'),
    );
    for (const { key } of speeds) {
      for (const [contestant, speed] of Object.entries(results[key] ?? {})) {
        expect(speed, `${key} of ${contestant}`).toBeGreaterThan(0);
      }
    }
  },
);

test('sqlite: every figure has a number for every contestant', { timeout: 120_000 }, async () => {
  expect(await runSuite(sqliteSuite, options)).toEqual(numbersFor(sqliteSuite));
});

test(
  'a contestant that fails is an error in the results and a line of the table',
  { timeout: 30_000 },
  async () => {
    const suite = only('one caller', { contestants: ['tarn', 'no-such-pool'] });
    const results = await runSuite(suite, options);
    expect(results['one caller']).toEqual({
      tarn: expect.any(Number),
      'no-such-pool': { error: 'no one caller of no-such-pool' },
    });
    const [scenario] = suite.scenarios;
    if (scenario === undefined) throw new Error('no scenario');
    expect(renderScenario(suite, scenario, results)).toContain('no one caller of no-such-pool');
  },
);

test(
  'a contestant that takes longer than its deadline is killed and shown as hung',
  { timeout: 30_000 },
  async () => {
    const suite = only('one caller', { contestants: ['tarn'], deadlineMs: 1 });
    const results = await runSuite(suite, options);
    expect(results['one caller']).toEqual({ tarn: { error: 'hung: killed after 0.001 s' } });
  },
);
