import type { Contestant } from '../database/contestant.ts';
import { load } from '../database/scenarios/load.ts';
import { recovery } from '../database/scenarios/recovery.ts';
import { spike } from '../database/scenarios/spike.ts';
import type { Suite } from '../suite.ts';
import { CONTESTANTS, filled, ONE, OURS, STATEMENTS, TWO_MS } from './contestants.ts';
import { countConnections, prepareServer, startRestartable, urlOfRun } from './server.ts';
import { CALLERS, COLD_SPIKE, postgresTargets, RECOVERY, WARM_SPIKE } from './targets.ts';

const DEADLINE_MS = 60_000;

const LOADS = STATEMENTS.flatMap((statement) => CALLERS.map((callers) => load(statement, callers, urlOfRun)));

const SCENARIOS = [
  ...LOADS,
  spike({
    name: COLD_SPIKE,
    statement: ONE,
    callers: 500,
    max: 10,
    before: 0,
    urlOf: urlOfRun,
    countConnections,
  }),
  spike({
    name: WARM_SPIKE,
    statement: TWO_MS,
    callers: 50,
    max: 50,
    before: 5,
    urlOf: urlOfRun,
    countConnections,
  }),
  recovery(ONE, startRestartable, RECOVERY),
];

/** @pool/postgres against pg-pool, on one server: the one that the tests use, too. */
export const postgresSuite: Suite = {
  name: 'postgres',
  ours: OURS,
  reference: undefined,
  scenarios: SCENARIOS.map(({ name, figures }) => ({
    name,
    figures,
    contestants: Object.keys(CONTESTANTS),
    deadlineMs: DEADLINE_MS,
  })),
  targets: postgresTargets,
  prepare: prepareServer,
  async measure(scenarioName, contestantName, effort) {
    const scenario = SCENARIOS.find(({ name }) => name === scenarioName);
    const contestant: Contestant | undefined = CONTESTANTS[contestantName];
    if (scenario === undefined || contestant === undefined)
      throw new RangeError(`no ${scenarioName} of ${contestantName}`);
    const isLoad = LOADS.some(({ name }) => name === scenarioName);
    return scenario.measure(isLoad ? filled(contestant) : contestant, effort);
  },
};
