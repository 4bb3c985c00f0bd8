import type { Effort, Figure, Figures } from '../../suite.ts';

export interface SqliteScenario {
  readonly name: string;
  readonly figures: readonly [Figure, ...Figure[]];
  /** Name → how it is measured. */
  readonly contestants: Readonly<Record<string, (directory: string, effort: Effort) => Promise<Figures>>>;
}
