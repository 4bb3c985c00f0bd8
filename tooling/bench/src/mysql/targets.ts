import { waitingName } from '../database/scenarios/waiting.ts';
import type { Results, Target, Verdict } from '../suite.ts';
import { OURS, PEER, STATEMENTS } from './contestants.ts';

export const CALLERS = [10, 64, 512] as const;
/** Callers, and leases after which a connection breaks. */
export const WAITING = [
  [64, Infinity],
  [512, Infinity],
  [64, 200],
] as const;

/** What two runs of one pool differ by. */
const NOISE = 1.05;

interface Expectation {
  readonly scenario: string;
  readonly figure: string;
  readonly text: string;
  readonly isReached: (ours: number, theirs: number) => boolean;
  readonly measured: (ours: number, theirs: number) => string;
}

const milliseconds = (ours: number, theirs: number): string =>
  `${ours.toFixed(2)} ms, ${PEER} ${theirs.toFixed(2)} ms`;

const underLoad = (scenario: string): Expectation[] => [
  {
    scenario,
    figure: scenario,
    text: `at least 1x ${PEER}`,
    isReached: (ours, theirs) => ours >= theirs,
    measured: (ours, theirs) => `${(ours / theirs).toFixed(2)}x`,
  },
  {
    scenario,
    figure: `${scenario} p99`,
    text: 'p99 not worse, within 5 %',
    isReached: (ours, theirs) => ours <= NOISE * theirs,
    measured: milliseconds,
  },
];

const inLine = (scenario: string): Expectation => ({
  scenario,
  figure: `${scenario} overtaken`,
  text: 'nobody is overtaken',
  isReached: (ours) => ours === 0,
  measured: (ours, theirs) => `${ours}, ${PEER} ${theirs}`,
});

const EXPECTATIONS: readonly Expectation[] = [
  ...STATEMENTS.flatMap((statement) =>
    CALLERS.flatMap((callers) => underLoad(`${statement}, ${callers} callers`)),
  ),
  ...WAITING.map(([callers, lifetime]) => inLine(waitingName(callers, lifetime))),
  {
    scenario: 'restart under load',
    figure: 'restart under load failed',
    text: `fewer failed calls than ${PEER}`,
    isReached: (ours, theirs) => ours < theirs,
    measured: (ours, theirs) => `${ours}, ${PEER} ${theirs}`,
  },
];

export const mysqlTargets: readonly Target[] = EXPECTATIONS.map((expectation) => ({
  scenario: expectation.scenario,
  text: expectation.text,
  judge: (results) => judge(expectation, results),
}));

function judge({ figure, isReached, measured }: Expectation, results: Results): Verdict | undefined {
  const ours = results[figure]?.[OURS];
  const theirs = results[figure]?.[PEER];
  if (typeof ours !== 'number' || typeof theirs !== 'number') return undefined;
  return { isReached: isReached(ours, theirs), measured: measured(ours, theirs) };
}
