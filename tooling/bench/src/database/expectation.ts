import type { Results, Target } from '../suite.ts';

/** A target that sets one figure of ours against that of somebody else. */
export interface Expectation {
  readonly scenario: string;
  readonly figure: string;
  readonly text: string;
  readonly isReached: (ours: number, theirs: number) => boolean;
  /** What was measured, in the target's own terms. */
  readonly measured: (ours: number, theirs: number) => string;
}

export function targetsOf(
  expectations: readonly Expectation[],
  ours: string,
  theirs: string,
): readonly Target[] {
  return expectations.map(({ scenario, text, figure, isReached, measured }) => ({
    scenario,
    text,
    judge: (results: Results) => {
      const [our, their] = [results[figure]?.[ours], results[figure]?.[theirs]];
      if (typeof our !== 'number' || typeof their !== 'number') return undefined;
      return { isReached: isReached(our, their), measured: measured(our, their) };
    },
  }));
}
