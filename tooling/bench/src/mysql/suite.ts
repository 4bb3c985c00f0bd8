import { load } from '../database/scenarios/load.ts';
import { recovery } from '../database/scenarios/recovery.ts';
import { waiting } from '../database/scenarios/waiting.ts';
import type { Suite } from '../suite.ts';
import { CONTESTANTS, DROP_IN, ONE, OURS, STATEMENTS } from './contestants.ts';
import { prepareServer, startRestartable, urlOfRun } from './server.ts';
import { CALLERS, mysqlTargets, WAITING } from './targets.ts';

const DEADLINE_MS = 60_000;

const SCENARIOS = [
  ...STATEMENTS.flatMap((statement) => CALLERS.map((callers) => load(statement, callers, urlOfRun))),
  ...WAITING.map(([callers, lifetime]) => waiting(callers, lifetime, urlOfRun)),
  recovery(ONE, startRestartable),
];

/** @pool/mysql against mysql2's own pool, on one server: the one that the tests use, too. */
export const mysqlSuite: Suite = {
  name: 'mysql',
  ours: OURS,
  reference: DROP_IN,
  scenarios: SCENARIOS.map(({ name, figures }) => ({
    name,
    figures,
    contestants: Object.keys(CONTESTANTS),
    deadlineMs: DEADLINE_MS,
  })),
  targets: mysqlTargets,
  prepare: prepareServer,
  async measure(scenarioName, contestantName, effort) {
    const scenario = SCENARIOS.find(({ name }) => name === scenarioName);
    const contestant = CONTESTANTS[contestantName];
    if (scenario === undefined || contestant === undefined)
      throw new RangeError(`no ${scenarioName} of ${contestantName}`);
    return scenario.measure(contestant, effort);
  },
};
