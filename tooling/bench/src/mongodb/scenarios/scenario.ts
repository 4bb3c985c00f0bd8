import type { Effort, Figure, Figures } from '../../suite.ts';
import type { OpenMongo } from '../contestants.ts';

export interface MongoScenario {
  readonly name: string;
  readonly figures: readonly [Figure, ...Figure[]];
  /** False when the bare client is part of the measurement. Default: true. */
  readonly hasPeers?: boolean;
  measure(open: OpenMongo, effort: Effort): Promise<Figures>;
}
