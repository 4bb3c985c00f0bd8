import type { ClientSession, MongoClient } from 'mongodb';
import type { CreateContext } from '@pool/core';
import type { Abandoned } from './abandoned.ts';
import type { Closable } from './carry.ts';
import type { SharedClient } from './shared-client.ts';

/**
 * The right to work on the shared client: what the core's pool lends in place of a connection, which MongoDB's driver keeps
 * to itself. Each lease of it has a session of its own, begun at the first use and ended with the lease.
 */
export class MongoPermit {
  readonly shared: SharedClient;
  /** Aborts when the pool takes the permit away: `maxLeaseMs`, `close()`. */
  readonly signal: AbortSignal;
  readonly #context: CreateContext;
  readonly #abandoned: Abandoned;
  #session: ClientSession | undefined = undefined;
  /** Opened by this lease, and not closed yet. */
  #cursors: Set<Closable> | undefined = undefined;

  /** Made by the factory. */
  constructor(shared: SharedClient, context: CreateContext, abandoned: Abandoned) {
    this.shared = shared;
    this.signal = context.signal;
    this.#context = context;
    this.#abandoned = abandoned;
    shared.take();
  }

  get client(): MongoClient {
    return this.shared.client;
  }

  /** The session of the lease that goes on. */
  get session(): ClientSession {
    this.#session ??= this.client.startSession();
    return this.#session;
  }

  keep(cursor: Closable): void {
    const cursors = (this.#cursors ??= new Set());
    cursors.add(cursor);
    cursor.once('close', () => void cursors.delete(cursor));
  }

  /** Ends what the lease has begun. Undefined when that takes no round trip: the usual case. */
  endSession(): void | Promise<void> {
    const session = this.#session;
    const cursors = [...(this.#cursors ?? [])];
    this.#session = undefined;
    this.#cursors = undefined;
    if (session === undefined && cursors.length === 0) return undefined;
    const isInTransaction = session?.inTransaction() === true;
    if (isInTransaction) this.#abandoned.transaction(this.#context);
    if (cursors.length > 0) this.#abandoned.openCursors(cursors.length, this.#context);
    // Without either, the driver is done in this very tick, although it answers with a promise, which never rejects.
    const isAtOnce = cursors.length === 0 && !isInTransaction;
    const ended = this.#end(session, cursors);
    return isAtOnce ? undefined : ended;
  }

  /** Given back for good. Undefined when nothing is left to wait for. */
  close(): void | Promise<void> {
    const ended = this.endSession();
    return ended === undefined ? this.shared.giveBack() : ended.then(() => this.shared.giveBack());
  }

  async #end(session: ClientSession | undefined, cursors: readonly Closable[]): Promise<void> {
    if (cursors.length > 0) await Promise.allSettled(cursors.map((cursor) => cursor.close()));
    await session?.endSession();
  }
}
