import type { Effort, Figure, Figures } from '../../suite.ts';
import type { Contestant } from '../contestant.ts';

export interface DatabaseScenario {
  readonly name: string;
  readonly figures: readonly [Figure, ...Figure[]];
  measure(contestant: Contestant, effort: Effort): Promise<Figures>;
}
