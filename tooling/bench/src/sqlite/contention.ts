import type { Durability } from './database.ts';

/** What a contending thread is told. */
export interface Contention {
  readonly filename: string;
  readonly durability: Durability;
  readonly client: number;
  readonly mode: 'immediate' | 'deferred';
  readonly steps: number;
}

/** What one client got done. */
export interface Outcome {
  readonly latenciesMs: readonly number[];
  readonly busyErrors: number;
}
