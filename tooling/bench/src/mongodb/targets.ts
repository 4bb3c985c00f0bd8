import { targetsOf, type Expectation } from '../database/expectation.ts';
import type { Target } from '../suite.ts';
import { BARE, OURS, STATEMENTS } from './contestants.ts';
import { ownCostName } from './scenarios/own-cost.ts';

export const MOST = 512;
export const CALLERS = [10, 64, MOST] as const;
export const STUB_CALLERS = [1, 10, 64] as const;
export const STEP_DOWN = 'step-down under load';

const LEAST_SHARE = 0.97;
/** What two runs of one client differ by. */
const NOISE = 1.05;
const MOST_US = 10;

const EXPECTATIONS: readonly Expectation[] = [
  ...STATEMENTS.flatMap((statement) => CALLERS.map((callers) => rate(`${statement}, ${callers} callers`))),
  ...STATEMENTS.map((statement) => tail(`${statement}, ${MOST} callers`)),
];

export const mongodbTargets: readonly Target[] = [
  ...targetsOf(EXPECTATIONS, OURS, BARE),
  ...STUB_CALLERS.map(ownCostTarget),
];

function rate(scenario: string): Expectation {
  return {
    scenario,
    figure: scenario,
    text: `at least ${LEAST_SHARE}x ${BARE}`,
    isReached: (ours, bare) => ours >= LEAST_SHARE * bare,
    measured: (ours, bare) => `${(ours / bare).toFixed(3)}x`,
  };
}

function tail(scenario: string): Expectation {
  return {
    scenario,
    figure: `${scenario} p99`,
    text: `p99 no worse than that of ${BARE}, within 5 %`,
    isReached: (ours, bare) => ours <= NOISE * bare,
    measured: (ours, bare) => `${ours.toFixed(1)} ms, ${BARE} ${bare.toFixed(1)} ms`,
  };
}

/** Measured against the bare client in one process. */
function ownCostTarget(callers: number): Target {
  const name = ownCostName(callers);
  return {
    scenario: name,
    text: `a lease costs at most ${MOST_US} us of CPU over ${BARE}`,
    judge: (results) => {
      const us = results[name]?.[OURS];
      return typeof us === 'number'
        ? { isReached: us <= MOST_US, measured: `${us.toFixed(1)} us` }
        : undefined;
    },
  };
}
