/** Why a surviving mutant does: looked into by hand. Found by a piece of the original code, so that lines may move. */
export interface Reason {
  readonly file: string;
  readonly original: string;
  /** Any, if missing. */
  readonly replacement?: string;
  readonly why: string;
}

export const REASONS: readonly Reason[] = [
  {
    file: 'backoff.ts',
    original: 'false',
    replacement: 'true',
    why: 'is read during a streak of failures only, and each failure sets it',
  },
  {
    file: 'deadlines.ts',
    original: 'this.#latest?.tick === tick',
    replacement: 'false',
    why: 'a shortcut: without it the bucket is found in the map',
  },
  {
    file: 'deadlines.ts',
    original: 'true',
    replacement: 'false',
    why: 'spares a timer: one that is armed while the waiters are judged is replaced when they have been',
  },
];
