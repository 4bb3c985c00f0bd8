/** Seeds for one worker: from this one up to, and without, that one. */
export interface Portion {
  readonly from: number;
  readonly until: number;
}

export interface Finding {
  readonly seed: number;
  readonly message: string;
}

export interface Result {
  readonly seeds: number;
  readonly steps: number;
  readonly findings: readonly Finding[];
}
