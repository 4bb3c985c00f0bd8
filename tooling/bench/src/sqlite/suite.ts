import type { Suite } from '../suite.ts';
import { OURS, OURS_UNGROUPED } from './names.ts';
import { contendingWriters } from './scenarios/contending-writers.ts';
import { loopDelay } from './scenarios/loop-delay.ts';
import type { SqliteScenario } from './scenarios/scenario.ts';
import { writes } from './scenarios/writes.ts';
import { sqliteTargets } from './targets.ts';

const DEADLINE_MS = 60_000;

const SCENARIOS: readonly SqliteScenario[] = [
  writes('normal', 1),
  writes('normal', 16),
  writes('normal', 64),
  writes('full', 1),
  writes('full', 16),
  writes('full', 64),
  contendingWriters,
  loopDelay(5),
  loopDelay(20),
];

/** The SQLite pool against what people do with better-sqlite3 today, on files. */
export const sqliteSuite: Suite = {
  name: 'sqlite',
  ours: OURS,
  reference: OURS_UNGROUPED,
  scenarios: SCENARIOS.map(({ name, figures, contestants }) => ({
    name,
    figures,
    contestants: Object.keys(contestants),
    deadlineMs: DEADLINE_MS,
  })),
  targets: sqliteTargets,
  async measure(scenarioName, contestantName, effort, directory) {
    const scenario = SCENARIOS.find(({ name }) => name === scenarioName);
    const measured = scenario?.contestants[contestantName];
    if (measured === undefined) throw new RangeError(`no ${scenarioName} of ${contestantName}`);
    return measured(directory, effort);
  },
};
