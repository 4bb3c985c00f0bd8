import type { Results, Target, Verdict } from '../suite.ts';
import { IMMEDIATE, INLINE, OURS, OURS_UNGROUPED } from './names.ts';

interface Expectation {
  readonly scenario: string;
  readonly text: string;
  readonly figure: string;
  /** Who ours is set against; without, ours alone is judged. */
  readonly against?: string;
  readonly isReached: (ours: number, theirs: number) => boolean;
  readonly measured: (ours: number, theirs: number) => string;
}

const times = (ratio: number): string => `${ratio.toFixed(1)}x`;

const grouped = (durability: string, least: number): Expectation => ({
  scenario: `writes ${durability}, 64 at once`,
  text: `group commit at least ${least}x`,
  figure: `writes ${durability}, 64 at once`,
  against: OURS_UNGROUPED,
  isReached: (ours, theirs) => ours >= least * theirs,
  measured: (ours, theirs) => times(ours / theirs),
});

const delay = (queryMs: number): Expectation => ({
  scenario: `loop delay, ${queryMs} ms queries`,
  text: 'p99 under 5 ms',
  figure: `loop delay, ${queryMs} ms queries p99`,
  against: INLINE,
  isReached: (ours) => ours < 5,
  measured: (ours, theirs) => `${ours.toFixed(1)} ms, inline ${theirs.toFixed(1)} ms`,
});

const EXPECTATIONS: readonly Expectation[] = [
  grouped('NORMAL', 4),
  grouped('FULL', 8),
  {
    scenario: 'contending writers',
    text: 'no BUSY errors',
    figure: 'contending writers BUSY errors',
    isReached: (ours) => ours === 0,
    measured: (ours) => `${ours}`,
  },
  {
    scenario: 'contending writers',
    text: 'worst latency at least 20x lower than with busy_timeout',
    figure: 'contending writers max ms',
    against: IMMEDIATE,
    isReached: (ours, theirs) => theirs >= 20 * ours,
    measured: (ours, theirs) => `${times(theirs / ours)}: ${ours.toFixed(0)} ms, ${theirs.toFixed(0)} ms`,
  },
  delay(5),
  delay(20),
];

export const sqliteTargets: readonly Target[] = EXPECTATIONS.map((expectation) => ({
  scenario: expectation.scenario,
  text: expectation.text,
  judge: (results) => judge(expectation, results),
}));

function judge(
  { figure, against = OURS, isReached, measured }: Expectation,
  results: Results,
): Verdict | undefined {
  const ours = results[figure]?.[OURS];
  const theirs = results[figure]?.[against];
  if (typeof ours !== 'number' || typeof theirs !== 'number') return undefined;
  return { isReached: isReached(ours, theirs), measured: measured(ours, theirs) };
}
