import type { Effort } from '../src/suite.ts';

/** Enough to see that everything runs; no figure of it means anything. */
export const TINY: Effort = { warmupMs: 1, measureMs: 1, share: 0.002 };
