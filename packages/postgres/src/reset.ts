// Owns how a connection is made clean for its next borrower, and when that takes no round trip.
import { TransactionAbandonedError } from '@pool/core';
import type { Client } from 'pg';
import { forgetStatements, isBusy, isReady, untilReady } from './driver.ts';
import { isCancelled } from './errors.ts';
import type { Pooler } from './pooler.ts';
import { sessionOf } from './pooled-client.ts';
import type { Session, SessionCounts } from './session.ts';
import { CHANGES_SESSION, CHANGES_STATEMENTS, LISTENS } from './statement-traits.ts';

/** When a session is reset at release: when it was seen to change, after every lease, or never. */
export type ResetMode = 'tracked' | 'always' | 'never';

// RESET ROLE after SESSION AUTHORIZATION: that one drops the role which ALTER ROLE has set for new sessions.
const CLEAN_SESSION = [
  'CLOSE ALL',
  'SET SESSION AUTHORIZATION DEFAULT',
  'RESET ROLE',
  'RESET ALL',
  'UNLISTEN *',
  'SELECT pg_catalog.pg_advisory_unlock_all()',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
].join('; ');

export class Resetter {
  readonly #pool: string;
  readonly #mode: ResetMode;
  readonly #pooler: Pooler;
  readonly counts: SessionCounts = { resets: 0, abandonedTransactions: 0, cancels: 0 };

  constructor(pool: string, mode: ResetMode, pooler: Pooler) {
    this.#pool = pool;
    this.#mode = mode;
    this.#pooler = pooler;
  }

  /** As `Factory.reset`: undefined when there is nothing to clean. */
  reset(client: Client, signal: AbortSignal): void | Promise<void> {
    const session = sessionOf(client);
    if (session.interruption === undefined && isReady(client) && client.getTransactionStatus() === 'I') {
      if (this.#sessionChanges(session) === 0) return session.rest();
    }
    return this.#clean(client, session, signal);
  }

  async #clean(client: Client, session: Session, signal: AbortSignal): Promise<void> {
    const isInterrupted = session.interruption !== undefined;
    await this.#settle(client, session, signal);
    const isOpen = client.getTransactionStatus() !== 'I';
    if (isOpen && !isInterrupted) this.#abandoned(session);
    // The request may have come late, for what runs next: that is this one.
    if (isOpen) await untilAnswered(client, 'ROLLBACK');
    else if (isInterrupted) await untilAnswered(client, 'SELECT 1');
    const changes = this.#sessionChanges(session);
    if (changes !== 0) await this.#cleanSession(client, changes);
    session.changes = 0;
    session.rest();
  }

  /** Waits for the end of what the borrower left running: it is cancelled, unless it is ending anyway. */
  async #settle(client: Client, session: Session, signal: AbortSignal): Promise<void> {
    const { interruption, isFinishing } = session;
    const isForsaken = interruption === undefined && !isFinishing && isBusy(client);
    await interruption?.cancelled;
    if (isForsaken) await session.cancel(signal);
    await untilReady(client, signal);
    // A37: nobody has seen how it ended.
    if (isForsaken) throw new Error('the connection was released while a query was running');
    session.interruption = undefined;
    session.isFinishing = false;
  }

  async #cleanSession(client: Client, changes: number): Promise<void> {
    this.counts.resets++;
    const dropsStatements = this.#mode === 'always' || (changes & CHANGES_STATEMENTS) !== 0;
    await client.query(dropsStatements ? `${CLEAN_SESSION}; DEALLOCATE ALL` : CLEAN_SESSION);
    if (dropsStatements) forgetStatements(client);
    if ((changes & LISTENS) !== 0) client.removeAllListeners('notification');
  }

  #sessionChanges(session: Session): number {
    // In transaction mode there is no session to clean, only somebody else's backend to disturb.
    if (this.#mode === 'never' || this.#pooler.isTransactional) return 0;
    return this.#mode === 'always' ? session.changes | CHANGES_SESSION : session.changes;
  }

  #abandoned(session: Session): void {
    this.counts.abandonedTransactions++;
    session.report(new TransactionAbandonedError({ pool: this.#pool, acquiredAt: session.acquiredAt }));
  }
}

/** Runs it, and once more when a late cancel has hit it: that one is used up then. */
async function untilAnswered(client: Client, sql: string): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    if (!isCancelled(error)) throw error;
    await client.query(sql);
  }
}
