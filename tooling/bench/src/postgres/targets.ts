import { type Expectation, targetsOf } from '../database/expectation.ts';
import type { Target } from '../suite.ts';
import { OURS, PEER, STATEMENTS } from './contestants.ts';

export const CALLERS = [10, 64, 512] as const;
export const COLD_SPIKE = 'cold spike, 500 callers';
export const WARM_SPIKE = 'spike on 5 connections, 50 callers of 2 ms';
export const RECOVERY = 'restart under load';

/** What two runs of one pool differ by. */
const NOISE = 1.05;

const milliseconds = (ours: number, theirs: number): string =>
  `${ours.toFixed(2)} ms, ${PEER} ${theirs.toFixed(2)} ms`;
const counts = (ours: number, theirs: number): string => `${ours}, ${PEER} ${theirs}`;

const underLoad = (scenario: string): Expectation[] => [
  {
    scenario,
    figure: scenario,
    text: `at least 1x ${PEER}, which hands sessions on as they were left, and ends no caller's wait`,
    isReached: (ours, theirs) => ours >= theirs,
    measured: (ours, theirs) => `${(ours / theirs).toFixed(2)}x`,
  },
  {
    scenario,
    figure: `${scenario} p99`,
    text: `p99 not worse, within 5 %, than that of ${PEER}, which has no queue limit and no leak watch`,
    isReached: (ours, theirs) => ours <= NOISE * theirs,
    measured: milliseconds,
  },
];

const EXPECTATIONS: readonly Expectation[] = [
  ...STATEMENTS.flatMap((statement) =>
    CALLERS.flatMap((callers) => underLoad(`${statement}, ${callers} callers`)),
  ),
  {
    scenario: COLD_SPIKE,
    figure: COLD_SPIKE,
    text: `sooner than ${PEER}, which opens a connection for each caller up to max, all at the same time`,
    isReached: (ours, theirs) => ours < theirs,
    measured: milliseconds,
  },
  {
    scenario: COLD_SPIKE,
    figure: `${COLD_SPIKE} median`,
    text: `the median caller sooner than with ${PEER}, where it waits until most connects are done`,
    isReached: (ours, theirs) => ours < theirs,
    measured: milliseconds,
  },
  {
    scenario: WARM_SPIKE,
    figure: `${WARM_SPIKE} connections`,
    text: `fewer connections than ${PEER}, where a caller waits for its own connect although others come free`,
    isReached: (ours, theirs) => ours < theirs,
    measured: counts,
  },
  {
    scenario: RECOVERY,
    figure: RECOVERY,
    text: `sooner than ${PEER}, which pauses between no two attempts`,
    isReached: (ours, theirs) => ours < theirs,
    measured: milliseconds,
  },
  {
    scenario: RECOVERY,
    figure: `${RECOVERY} failed`,
    text: `fewer failed calls than ${PEER}, which fails every caller while the server is away`,
    isReached: (ours, theirs) => ours < theirs,
    measured: counts,
  },
];

export const postgresTargets: readonly Target[] = targetsOf(EXPECTATIONS, OURS, PEER);
