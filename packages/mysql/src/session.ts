// What is known of one session on the server, for free: from the statements' texts and the status flags of the answers.
import { Gate } from './gate.ts';
import { effectOf } from './statement-effect.ts';
import {
  IN_READ_ONLY_TRANSACTION,
  IN_TRANSACTION,
  type DriverInternals,
  Wire,
  type WireListener,
} from './wire.ts';
import { endsTransaction, isFarewell, isParseError, isServerReadOnly } from './server-errors.ts';

export class Session implements WireListener {
  readonly #wire: Wire;
  readonly gate: Gate;
  readonly #isSeveral: boolean;
  readonly #onReadOnly: () => void;
  #status = 0;
  #isChanged = false;
  #isAfterSetTransaction = false;
  /** Something was sent since the last clean state. */
  isUsed = false;
  /** Another default schema may be. */
  isElsewhere = false;
  /** Another user: nothing brings it back. */
  isForeign = false;
  /** The server has said that it ends the connection. */
  isEnding = false;
  /** Its borrower has left while a statement runs. */
  isLeft = false;
  /** The order to stop what runs: settles when the server has acknowledged it, or cannot be told. */
  stopping: Promise<void> | undefined = undefined;

  constructor(driver: DriverInternals, details: { isSeveral: boolean; onReadOnly: () => void }) {
    this.#isSeveral = details.isSeveral;
    this.#onReadOnly = details.onReadOnly;
    this.#wire = new Wire(driver, this);
    this.gate = new Gate(driver);
  }

  get isInTransaction(): boolean {
    return (this.#status & IN_TRANSACTION) !== 0;
  }

  get isBusy(): boolean {
    return this.#wire.isBusy;
  }

  get isPaused(): boolean {
    return this.#wire.isPaused;
  }

  /** More than a transaction may be left. */
  get isDirty(): boolean {
    return this.#isChanged || this.#isAfterSetTransaction;
  }

  /** The session is as it was when it was opened. */
  cleaned(): void {
    this.isUsed = false;
    this.#isChanged = false;
    this.isElsewhere = false;
    this.#isAfterSetTransaction = false;
  }

  statementSent(sql: string): void {
    this.isUsed = true;
    switch (effectOf(sql, this.#isSeveral)) {
      case 'none':
        break;
      case 'begin':
        this.#isAfterSetTransaction = false;
        break;
      case 'nextTransaction':
        this.#isAfterSetTransaction = true;
        break;
      case 'schema':
        this.isElsewhere = true;
        this.#isChanged = true;
        break;
      case 'session':
        this.#isChanged = true;
        break;
    }
  }

  userChanged(): void {
    this.isUsed = true;
    this.isForeign = true;
  }

  statusRead(status: number, isChanged: boolean): void {
    this.#status = status;
    if (isChanged) this.#isChanged = true;
  }

  failed(errorNumber: number, message: () => string): void {
    if (isFarewell(errorNumber)) this.isEnding = true;
    const isOwn = this.isDirty || (this.#status & IN_READ_ONLY_TRANSACTION) !== 0;
    if (isServerReadOnly(errorNumber, message, isOwn)) this.#onReadOnly();
    // An error's packet has no status: what the server rolled back as a whole is known by its number.
    if (endsTransaction(errorNumber)) this.#status &= ~IN_TRANSACTION;
    // A trigger may have changed the session before the statement failed; the packet says nothing of that either.
    if (!isParseError(errorNumber)) this.#isChanged = true;
  }
}
