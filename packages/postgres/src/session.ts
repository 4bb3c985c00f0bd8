// Owns what is known of one connection's session without asking the server: every statement's text as it is sent, every tag,
// parameter and error that the server sends by itself.
import type { CreateContext } from '@pool/core';
import type { Client } from 'pg';
import { cancelBackend } from './cancel.ts';
import { forgetStatements, isBusy, wireOf, type StreamMaker } from './driver.ts';
import { isFatal, isRefusedWrite } from './errors.ts';
import type { Pooler } from './pooler.ts';
import {
  CHANGES_SESSION,
  CHANGES_STATEMENTS,
  LISTENS,
  LOCKS_SESSION,
  traitsOfTag,
  traitsOfText,
} from './statement-traits.ts';

interface ServerError {
  readonly severity?: string;
  readonly code?: string;
}

/** Since the pool was made. */
export interface SessionCounts {
  /** Sessions cleaned by a round trip. */
  resets: number;
  /** Leases that ended with their transaction open. */
  abandonedTransactions: number;
  /** Statements cancelled on the server. */
  cancels: number;
}

/** What a session tells, once its connection is open. */
export interface SessionContext extends CreateContext {
  readonly pooler: Pooler;
  readonly counts: SessionCounts;
  /** The server refused a write as one that takes none. */
  readonly refusedWrite: (session: Session) => void;
}

/** As far as we look into pg's query configs. */
export interface Statement {
  readonly text?: string;
  readonly name?: string | undefined;
}

interface Interruption {
  readonly reason: unknown;
  /** Resolves when the server has acknowledged the cancel. */
  readonly cancelled: Promise<void>;
}

export class Session {
  readonly #client: Client;
  readonly #openStream: StreamMaker | undefined;
  #context: SessionContext | undefined = undefined;
  #isAwake = true;
  #isInRecovery = false;
  #isReadOnlyByDefault = false;
  /** Bits of `statement-traits`: what the borrower has changed. */
  changes = 0;
  /** The connection is dead, or being closed. */
  isLost = false;
  /** A cursor has been closed, and the server has not answered that yet. */
  isFinishing = false;
  openedAt = 0;
  wasOpenedReadOnly = false;
  /** The caller has left while its work went on: what ran is being cancelled, and nothing more is sent for it. */
  interruption: Interruption | undefined = undefined;

  constructor(client: Client, openStream: StreamMaker | undefined) {
    this.#client = client;
    this.#openStream = openStream;
    const wire = wireOf(client);
    wire.on('commandComplete', ({ text }: { text: string }) => this.#completed(text));
    wire.on('parameterStatus', (status: { parameterName: string; parameterValue: string }) =>
      this.#parameter(status.parameterName, status.parameterValue),
    );
    wire.on('errorMessage', (error: ServerError) => {
      if (isFatal(error)) this.lose(error);
      // What the server tells of its state comes after the error, and before it is ready again.
      else if (isRefusedWrite(error)) wire.once('readyForQuery', () => this.#context?.refusedWrite(this));
    });
    // F29: pg emits it on an idle client too; without a listener it would end the process.
    client.on('error', (error) => this.lose(error));
    client.on('end', () => this.lose(undefined));
  }

  /** The server takes no writes, as far as it tells by itself. */
  get isReadOnly(): boolean {
    return this.#isInRecovery || this.#isReadOnlyByDefault;
  }

  get acquiredAt(): string | undefined {
    return this.#context?.acquiredAt();
  }

  /** The connection is open: from now on its death, and what borrowers leave behind, is told. */
  open(context: SessionContext): void {
    this.#context = context;
    this.changes = 0;
    this.openedAt = performance.now();
    this.wasOpenedReadOnly = this.isReadOnly;
    this.rest();
  }

  lose(cause: unknown): void {
    if (this.isLost || this.#context === undefined) return;
    this.isLost = true;
    this.#context.lost(cause);
  }

  /** Stops what runs, and what would come. The connection is fit for use again when `reset` has cleaned it. */
  interrupt(reason: unknown): void {
    if (this.interruption !== undefined || this.#context === undefined) return;
    const cancelled = this.cancel(this.#context.signal);
    // Awaited when the connection is cleaned; it may be closed instead.
    cancelled.catch(() => undefined);
    this.interruption = { reason, cancelled };
  }

  /**
   * Cancels on the server what is under way; resolves when the server has acknowledged that. A request that overtakes the
   * statement it is for does nothing: who closes a connection that is still busy sends another.
   */
  async cancel(signal: AbortSignal): Promise<void> {
    // Answered already: there is nothing to stop.
    if (!isBusy(this.#client)) return;
    if (this.#context !== undefined) this.#context.counts.cancels++;
    await cancelBackend(this.#client, signal, this.#openStream);
  }

  report(error: unknown): void {
    this.#context?.report(error);
  }

  /** P20: a query under way keeps the process alive, an idle connection does not. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    wireOf(this.#client).stream.ref();
  }

  rest(): void {
    if (!this.#isAwake) return;
    this.#isAwake = false;
    wireOf(this.#client).stream.unref();
  }

  /**
   * Called with each statement before it is sent.
   *
   * @throws {OptionError} it needs a session, and the pooler between us and the server gives none
   * @throws the reason of the interruption, when the caller has left
   */
  sending(text: string | undefined): void {
    if (this.interruption !== undefined) throw this.interruption.reason;
    if (!this.#isAwake) this.wake();
    if (text === undefined) return;
    const traits = traitsOfText(text);
    if (traits === 0) return;
    if ((traits & (LISTENS | LOCKS_SESSION)) !== 0) this.#context?.pooler.refuseSession(traits);
    this.changes |= traits & CHANGES_SESSION;
  }

  /** As `sending`. @returns what is to be sent: without a name where each transaction may meet another backend */
  sendingConfig(statement: Statement): Statement {
    this.sending(statement.text);
    const isNamed = statement.name !== undefined && !('submit' in statement);
    if (!isNamed || this.#context?.pooler.isTransactional !== true) return statement;
    return { ...statement, name: undefined };
  }

  #completed(tag: string): void {
    const traits = traitsOfTag(tag);
    if (traits === 0) return;
    this.changes |= traits;
    // DEALLOCATE and DISCARD may have dropped what the driver itself had prepared.
    if ((traits & CHANGES_STATEMENTS) !== 0 && !tag.startsWith('PREPARE')) forgetStatements(this.#client);
  }

  /** The server tells of some settings whenever they change, also when a function changed them. */
  #parameter(name: string, value: string): void {
    this.changes |= CHANGES_SESSION;
    if (name === 'in_hot_standby') this.#isInRecovery = value === 'on';
    if (name === 'default_transaction_read_only') this.#isReadOnlyByDefault = value === 'on';
  }
}
