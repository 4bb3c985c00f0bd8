/** One thing that is wrong. None of its texts holds a value that was given: it might be a secret. */
export interface ConfigProblem {
  /** The variable (`DATABASE_POOL_MAX`) or the path (`orders.pool.max`). */
  readonly where: string;
  /** Completes "expected …". */
  readonly expected: string;
  /** What to write instead. */
  readonly write?: string;
}

/** The configuration is wrong; all that is wrong with it is told at once. Has no `cause`: that could tell a value. */
export class ConfigError extends Error {
  readonly code = 'POOL_INVALID_CONFIG';
  readonly problems: readonly ConfigProblem[];

  static {
    Object.defineProperty(this.prototype, 'name', {
      value: 'ConfigError',
      configurable: true,
      writable: true,
    });
  }

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(describe);
    super(lines.length === 1 ? lines[0] : [`${lines.length} problems:`, ...lines].join('\n  '));
    this.problems = problems;
  }
}

export function describe({ where, expected, write }: ConfigProblem): string {
  return `${where}: expected ${expected}${write === undefined ? '' : `; write ${write}`}`;
}
