import type Database from 'better-sqlite3';
import type { Answer, Operation } from './protocol.ts';

/** How long a call may wait for a lock of another process. */
export interface CallOptions {
  readonly lockTimeoutMs: number;
  /** Ends that wait; a native call that runs already cannot be cut. */
  readonly signal?: AbortSignal | undefined;
}

/** What the core pools lend: one open Database, in this thread or in another one. Internal. */
export interface Connection {
  /** The real one, in inline mode. */
  readonly database?: Database.Database;
  /** The file, or the thread, is gone: not fit for another borrower. */
  readonly isBroken: boolean;
  /** Told, besides the pool that opened it, when the thread has ended by itself. */
  onLost?: ((cause: unknown) => void) | undefined;
  call<O extends Operation>(operation: O, options: CallOptions): Promise<Answer<O['kind']>>;
  /** From now on a borrower may do to the session what we do not see. */
  handOut(): void;
  /** Undefined when nothing can be left behind. Otherwise as `Session.reset`. */
  reset(): Promise<boolean> | boolean | undefined;
  /** @param isGraceful whether to let it finish, and say goodbye */
  close(isGraceful: boolean): Promise<void>;
}

/** Waits for locks of other processes, all connections together. */
export class LockWaits {
  count = 0;
  totalMs = 0;

  add(waitedMs: number): void {
    this.count++;
    this.totalMs += waitedMs;
  }
}
