import { setImmediate } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { CallOptions, Connection, LockWaits } from './connection.ts';
import { whileLocked } from './lock-wait.ts';
import { openDatabase } from './open-database.ts';
import { perform } from './perform.ts';
import type { Answer, OpenSettings, Operation } from './protocol.ts';
import { Session } from './session.ts';
import { isDamaged } from './sqlite-error.ts';
import { mayLeaveTraces } from './traces.ts';

// Nothing here waits for the outside, so a caller that loops over `await pool.run()` would never let the event loop turn.
const LONGEST_BURST_MS = 10;
let turnedAt = 0;

async function letLoopTurn(): Promise<void> {
  if (performance.now() - turnedAt < LONGEST_BURST_MS) return;
  await setImmediate();
  turnedAt = performance.now();
}

/** A Database in this thread: each call blocks the event loop for as long as SQLite works. */
export class InlineConnection implements Connection {
  readonly database: Database.Database;
  readonly #session: Session;
  readonly #waits: LockWaits;
  #isSuspect = false;
  isBroken = false;

  private constructor(session: Session, waits: LockWaits) {
    this.database = session.database;
    this.#session = session;
    this.#waits = waits;
  }

  static async open(
    settings: OpenSettings,
    waits: LockWaits,
    signal: AbortSignal,
  ): Promise<InlineConnection> {
    const open = (): Session => new Session(openDatabase(settings), settings.role);
    const session = await whileLocked(open, {
      timeoutMs: settings.lockTimeoutMs,
      isCancelled: () => signal.aborted,
      onWaited: (waitedMs) => waits.add(waitedMs),
    });
    return new InlineConnection(session, waits);
  }

  async call<O extends Operation>(operation: O, options: CallOptions): Promise<Answer<O['kind']>> {
    if (mayLeaveTraces(operation)) this.#isSuspect = true;
    await letLoopTurn();
    options.signal?.throwIfAborted();
    try {
      const answer: unknown = await whileLocked(() => perform(this.#session, operation), {
        timeoutMs: options.lockTimeoutMs,
        isCancelled: () => options.signal?.aborted === true,
        onWaited: (waitedMs) => this.#waits.add(waitedMs),
      });
      return answer as Answer<O['kind']>;
    } catch (error) {
      if (isDamaged(error)) this.isBroken = true;
      throw error;
    }
  }

  handOut(): void {
    this.#isSuspect = true;
  }

  reset(): boolean | undefined {
    if (!this.#isSuspect && !this.database.inTransaction) return undefined;
    this.#isSuspect = false;
    return this.#session.reset();
  }

  async close(): Promise<void> {
    this.#session.close();
  }
}
