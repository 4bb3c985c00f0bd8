import type { Parts } from '../reference/adapter.ts';

/** An adapter with one deliberate fault, and the checks that must go red by it: these, and no others. */
export interface Broken extends Parts {
  readonly fault: string;
  readonly caughtBy: readonly string[];
}
