import { ConfigError, type ConfigProblem } from '../../src/index.ts';

/** All that is wrong, by where it is; empty when nothing is. */
export function problemsOf(action: () => unknown): Record<string, ConfigProblem> {
  const error = errorOf(action);
  return Object.fromEntries((error?.problems ?? []).map((problem) => [problem.where, problem]));
}

export function errorOf(action: () => unknown): ConfigError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
