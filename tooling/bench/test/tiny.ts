import { expect } from 'vitest';
import type { Effort, Results, Suite } from '../src/suite.ts';

/** Enough to see that everything runs; no figure of it means anything. */
export const TINY: Effort = { warmupMs: 1, measureMs: 1, share: 0.002 };

/** One number for each figure of each contestant. */
export const numbersFor = ({ scenarios }: Suite): Results =>
  Object.fromEntries(
    scenarios.flatMap(({ figures, contestants }) =>
      figures.map(({ key }) => [
        key,
        Object.fromEntries(contestants.map((name) => [name, expect.any(Number)])),
      ]),
    ),
  );
