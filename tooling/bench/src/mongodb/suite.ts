import { load } from '../database/scenarios/load.ts';
import { recovery } from '../database/scenarios/recovery.ts';
import type { Suite } from '../suite.ts';
import { BARE, CONTESTANTS, FIND_ONE, OURS, STATEMENTS } from './contestants.ts';
import { burstAfterIdle } from './scenarios/burst-after-idle.ts';
import { fairness } from './scenarios/fairness.ts';
import { ownCost } from './scenarios/own-cost.ts';
import type { MongoScenario } from './scenarios/scenario.ts';
import { prepareServers, startElecting, urlOfRun, urlOfStub } from './servers.ts';
import { CALLERS, MOST, mongodbTargets, STEP_DOWN, STUB_CALLERS } from './targets.ts';

const DEADLINE_MS = 60_000;

const SCENARIOS: readonly MongoScenario[] = [
  ...STATEMENTS.flatMap((statement) => CALLERS.map((callers) => load(statement, callers, urlOfRun))),
  fairness(MOST),
  burstAfterIdle,
  recovery(FIND_ONE, startElecting, STEP_DOWN),
  ...STUB_CALLERS.map((callers) => load(FIND_ONE, callers, urlOfStub, `stub, ${callers} callers`)),
  ...STUB_CALLERS.map(ownCost),
];

/** @pool/mongodb against the client that it lends, on one server: the one that the tests use, too. */
export const mongodbSuite: Suite = {
  name: 'mongodb',
  ours: OURS,
  reference: BARE,
  scenarios: SCENARIOS.map(({ name, figures, hasPeers = true }) => ({
    name,
    figures,
    contestants: hasPeers ? Object.keys(CONTESTANTS) : [OURS],
    deadlineMs: DEADLINE_MS,
  })),
  targets: mongodbTargets,
  prepare: prepareServers,
  async measure(scenarioName, contestantName, effort) {
    const scenario = SCENARIOS.find(({ name }) => name === scenarioName);
    const open = CONTESTANTS[contestantName];
    if (scenario === undefined || open === undefined)
      throw new RangeError(`no ${scenarioName} of ${contestantName}`);
    return scenario.measure(open, effort);
  },
};
