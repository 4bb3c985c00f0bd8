/** Why a surviving mutant does: looked into by hand. Found by a piece of the original code, so that lines may move. */
export interface Reason {
  readonly file: string;
  readonly original: string;
  /** Any, if missing. */
  readonly replacement?: string;
  readonly why: string;
}

export const REASONS: readonly Reason[] = [];
