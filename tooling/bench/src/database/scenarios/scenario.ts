import type { Effort, Figure, Figures } from '../../suite.ts';
import type { Client, Contestant, LendingClient } from '../contestant.ts';

/** What it needs of a client: to be asked, or to lend as well. */
export interface DatabaseScenario<C extends Client = LendingClient> {
  readonly name: string;
  readonly figures: readonly [Figure, ...Figure[]];
  measure(contestant: Contestant<C>, effort: Effort): Promise<Figures>;
}
