// What a connection can be told to do, whichever side of a thread it lives on, and what travels between the threads.
import type { BackupMetadata, RunResult } from 'better-sqlite3';
import type { EncodedError } from './sqlite-error.ts';

/** Which of the two: the one that may write, or one of those that only read. */
export type Role = 'reader' | 'writer';

/** Positional as an array, named as an object; as better-sqlite3 binds them. */
export type Params = readonly unknown[] | Readonly<Record<string, unknown>>;

export interface Statement {
  readonly sql: string;
  readonly params?: Params | undefined;
}

/** One write of a group; `mustRun` is better-sqlite3's `run()`, which refuses a statement that returns rows. */
export interface GroupItem extends Statement {
  readonly mustRun: boolean;
}

export type Outcome = { readonly value: unknown } | { readonly error: EncodedError };

/** Begins, ends or nests a transaction; `name` is a savepoint's. */
export type ControlVerb = 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollbackTo';

export const CHECKPOINT_MODES = ['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'] as const;
export type CheckpointMode = (typeof CHECKPOINT_MODES)[number];

/** SQLite's own answer: pages in the log, and pages of them written back. */
export interface CheckpointAnswer {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

export interface Chunk {
  readonly cursor: number;
  readonly rows: readonly unknown[];
  readonly isDone: boolean;
}

/** The answer to a statement that was to read but does not: nothing was done. */
export const NOT_A_READ = 'not-a-read';

/** What each operation needs. */
interface Inputs {
  query: Statement & { readonly mustRead?: boolean };
  get: Statement;
  run: Statement;
  exec: { readonly sql: string };
  group: { readonly items: readonly GroupItem[] };
  batch: { readonly statements: readonly Statement[] };
  control: { readonly verb: ControlVerb; readonly name?: string };
  cursor: Statement & { readonly mustRead?: boolean };
  fetch: { readonly cursor: number };
  dismiss: { readonly cursor: number };
  checkpoint: { readonly mode: CheckpointMode };
  backup: { readonly path: string };
  ping: object;
  reset: object;
  close: object;
}

/** What each operation answers. */
interface Answers {
  query: unknown;
  get: unknown;
  run: RunResult;
  exec: void;
  /** Undefined: the group was rolled back as a whole, and nothing of it happened. */
  group: readonly Outcome[] | undefined;
  batch: readonly unknown[];
  control: void;
  cursor: Chunk | typeof NOT_A_READ;
  fetch: Chunk;
  dismiss: void;
  checkpoint: CheckpointAnswer;
  backup: BackupMetadata;
  ping: void;
  /** Whether a transaction had been left open, and was rolled back. */
  reset: boolean;
  close: void;
}

export type OperationKind = keyof Inputs;
export type Operation<K extends OperationKind = OperationKind> = {
  [P in K]: { readonly kind: P } & Inputs[P];
}[K];
export type Answer<K extends OperationKind> = Answers[K];

/** How to open a connection; all of it can cross to another thread. */
export interface OpenSettings {
  readonly filename: string;
  /** Passed to better-sqlite3 as they are. */
  readonly driver: Readonly<Record<string, unknown>>;
  readonly role: Role;
  /** Private to its connection: `:memory:`, or a temporary file. */
  readonly isPrivate: boolean;
  readonly durability: 'normal' | 'full';
  readonly pragmas: Readonly<Record<string, string | number | boolean>>;
  /** For the locks that opening takes. */
  readonly lockTimeoutMs: number;
}

export interface Request {
  readonly id: number;
  readonly operation: Operation;
  readonly lockTimeoutMs: number;
}

/** Main thread to worker. `cancel` ends the wait for a lock, and nothing else: a native call cannot be cut. */
export type ToWorker = Request | { readonly cancel: number };

/** Worker to main thread. Id 0 answers the opening. */
export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  /** Buffers cross as plain Uint8Arrays; set when there are some to turn back. */
  readonly hasBlobs?: boolean;
  readonly error?: EncodedError;
  /** How long a lock of another process was waited for. */
  readonly lockWaitMs?: number;
}
