/** How long and how much to measure. One child process runs one scenario of one contestant with it. */
export interface Effort {
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Of the counts a scenario is named after: 1, but for the package's own test. */
  readonly share: number;
}

/** One figure that a scenario measures. */
export interface Figure {
  /** Unique in its suite: the key in the JSON output. */
  readonly key: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
}

/** Figure key → value. */
export type Figures = Readonly<Record<string, number>>;

export interface Scenario {
  readonly name: string;
  /** The first one is what contestants are compared by. */
  readonly figures: readonly [Figure, ...Figure[]];
  readonly contestants: readonly string[];
  /** A contestant that takes longer is killed. */
  readonly deadlineMs: number;
}

/** Why there is no figure. */
export interface Failure {
  readonly error: string;
}

/** Figure key → contestant → median. */
export type Results = Readonly<Record<string, Readonly<Record<string, number | Failure>>>>;

export interface Verdict {
  readonly isReached: boolean;
  /** What was measured, in the target's own terms. */
  readonly measured: string;
}

export interface Target {
  readonly scenario: string;
  readonly text: string;
  /** Undefined when a figure that it needs is missing. */
  judge(results: Results): Verdict | undefined;
}

/** What is compared, and by what. */
export interface Suite {
  readonly name: string;
  /** The contestant that the targets are about. */
  readonly ours: string;
  /** The contestant that all are set against, and that is no peer. */
  readonly reference: string | undefined;
  readonly scenarios: readonly Scenario[];
  readonly targets: readonly Target[];
  /**
   * Makes what all measurements of a run share, such as a server. The child processes inherit the environment.
   *
   * @returns ends it
   */
  prepare?(): Promise<() => Promise<void>>;
  /**
   * Runs in a child process, which runs nothing else.
   *
   * @param directory an empty one, deleted afterwards
   */
  measure(scenario: string, contestant: string, effort: Effort, directory: string): Promise<Figures>;
}

export function isFailure(value: number | Failure | undefined): value is Failure {
  return typeof value === 'object';
}

/** Who is who among the contestants. */
export type Roles = Pick<Suite, 'ours' | 'reference'>;

/** The best value of a peer: of neither ours nor the reference. */
export function bestPeer({ ours, reference }: Roles, results: Results, figure: Figure): number | undefined {
  const peers = Object.entries(results[figure.key] ?? {}).filter(
    ([name]) => name !== ours && name !== reference,
  );
  const values = peers.map(([, value]) => value).filter((value) => typeof value === 'number');
  if (values.length === 0) return undefined;
  return figure.better === 'more' ? Math.max(...values) : Math.min(...values);
}
