import type { Adapter, Capability } from './pool-under-test.ts';

/** `?`: the program could not get as far as to tell. */
export type Finding = 'pass' | 'FAIL' | '?';

export interface Verdict {
  readonly finding: Finding;
  /** One line of what was seen. */
  readonly evidence: string;
}

export interface Context {
  /** The verdict when the process ends by itself, which otherwise is a failure. */
  atExit(verdict: () => Verdict): void;
}

/** One bug class. It runs in a process of its own, which ends with the verdict. */
export interface Program {
  readonly id: string;
  /** The sentence that is true of a sound pool. */
  readonly title: string;
  /** Without these the class cannot apply to a pool. */
  readonly needs: readonly Capability[];
  /** An uncaught error that is no verdict in itself. */
  excuses?(error: unknown): boolean;
  run(adapter: Adapter, context: Context): Promise<Verdict>;
}

/** Why the class cannot apply to the pool; undefined when it does. */
export function reasonNotToApply(program: Program, adapter: Adapter): string | undefined {
  return program.needs.map((capability) => adapter.lacks[capability]).find((reason) => reason !== undefined);
}

export function judge(pass: boolean, evidence: string): Verdict {
  return { finding: pass ? 'pass' : 'FAIL', evidence };
}
