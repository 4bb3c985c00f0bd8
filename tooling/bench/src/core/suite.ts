import type { Suite } from '../suite.ts';
import type { Contestant } from './contestant.ts';
import { burst } from './scenarios/burst.ts';
import { bytesPerWaiter } from './scenarios/bytes-per-waiter.ts';
import { callersOn10 } from './scenarios/callers.ts';
import { massTimeout } from './scenarios/mass-timeout.ts';
import { oneCaller } from './scenarios/one-caller.ts';
import type { CoreScenario } from './scenarios/scenario.ts';
import { coreTargets } from './targets.ts';

const OURS = '@pool/core';
const LIMIT = 'bare semaphore';
const DEADLINE_MS = 60_000;

// Loaded one by one: a process knows only the pool that it measures.
const CONTESTANTS: Readonly<Record<string, () => Promise<{ contestant: Contestant }>>> = {
  [OURS]: () => import('./contestants/pool-core.ts'),
  'pg-pool': () => import('./contestants/pg-pool.ts'),
  'generic-pool': () => import('./contestants/generic-pool.ts'),
  tarn: () => import('./contestants/tarn.ts'),
  'sequelize-pool': () => import('./contestants/sequelize-pool.ts'),
  'lightning-pool': () => import('./contestants/lightning-pool.ts'),
  [LIMIT]: () => import('./contestants/bare-semaphore.ts'),
};

const SCENARIOS: readonly CoreScenario[] = [
  oneCaller,
  callersOn10(100),
  callersOn10(1000),
  burst(10_000),
  burst(100_000),
  massTimeout,
  bytesPerWaiter,
];

/** The engine against the pools that people use, on connections that cost nothing. */
export const coreSuite: Suite = {
  name: 'core',
  ours: OURS,
  reference: LIMIT,
  scenarios: SCENARIOS.map(({ name, figures, needsDeadlines = false }) => ({
    name,
    figures,
    contestants: Object.keys(CONTESTANTS).filter((contestant) => !(needsDeadlines && contestant === LIMIT)),
    deadlineMs: DEADLINE_MS,
  })),
  targets: coreTargets({ ours: OURS, reference: LIMIT }),
  async measure(scenarioName, contestantName, effort) {
    const scenario = SCENARIOS.find(({ name }) => name === scenarioName);
    const load = CONTESTANTS[contestantName];
    if (scenario === undefined || load === undefined)
      throw new RangeError(`no ${scenarioName} of ${contestantName}`);
    const { contestant } = await load();
    return scenario.run(contestant, effort);
  },
};
