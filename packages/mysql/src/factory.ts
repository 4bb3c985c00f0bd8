import {
  ReadOnlyServerError,
  TransactionAbandonedError,
  type CloseReason,
  type ConnectFailureKind,
  type CreateContext,
  type Factory,
} from '@pool/core';
import { createConnection, type Connection, type ConnectionOptions } from 'mysql2';
import { Baseline } from './baseline.ts';
import type { ConnectionSource } from './connection-source.ts';
import type { MysqlConnection } from './connection.ts';
import { connect, disconnect, isBroken } from './connector.ts';
import { Control } from './control.ts';
import type { ResetMode, ResolvedMysqlOptions } from './options.ts';
import { classifyConnectError } from './server-errors.ts';
import { Session } from './session.ts';
import { survey, warnOfServerTimeout, type Survey } from './survey.ts';
import { UncleanSessionError } from './unclean-session-error.ts';
import { internalsOf } from './wire.ts';

export interface FactoryParts extends ResolvedMysqlOptions {
  /** Nothing that is connected to the server now should stay, or only this one connection should not. */
  readonly retire: (connection?: MysqlConnection) => void;
  /** A transaction was open at the end of its lease. */
  readonly onAbandoned: () => void;
  /** @defaultValue what the server's numbers mean */
  readonly classify?: ((error: unknown) => ConnectFailureKind) | undefined;
  /** Makes mysql2's connection, which connects by itself. @defaultValue mysql2's `createConnection` */
  readonly open?: ((options: ConnectionOptions) => Connection) | undefined;
  /** Sets the session up. What it leaves belongs to the session: a session that must be reset is then closed instead. */
  readonly onOpened?: ((connection: MysqlConnection) => Promise<void>) | undefined;
}

/** The pool ends leases with these, whatever runs on them. */
const CUTS: ReadonlySet<CloseReason> = new Set(['overdue', 'cleared', 'closed']);

/** A time in which the server was, as far as known, the same. */
interface Era {
  survey?: Survey;
}

/** What belongs to one connection. */
interface Entry {
  readonly session: Session;
  readonly charsetNumber: number;
  readonly context: CreateContext;
  /** `onOpened` left settings, which a reset would undo. */
  isSetUp: boolean;
}

/** Opens, checks, cleans and closes connections to one MySQL or MariaDB server. */
export class MysqlFactory implements Factory<MysqlConnection> {
  readonly #parts: FactoryParts;
  readonly #source: ConnectionSource;
  readonly #mode: ResetMode;
  readonly #baseline: Baseline;
  readonly #control: Control;
  readonly #entries = new WeakMap<MysqlConnection, Entry>();
  /** Ends when the server turns out to be read-only: who connects later may find another one there. */
  #era: Era = {};
  #isWarned = false;

  constructor(parts: FactoryParts) {
    const { source, pool, reset } = parts;
    this.#parts = parts;
    this.#source = source;
    this.#mode = reset;
    this.#baseline = new Baseline(source.database);
    this.#control = new Control(source, pool);
  }

  async create(context: CreateContext): Promise<MysqlConnection> {
    const { open = createConnection } = this.#parts;
    const era = this.#era;
    let session: Session | undefined;
    const connection = await connect(this.#source, context, (options) => {
      const driver = open(options);
      const onReadOnly = (): void => this.#turnedReadOnly(era, connection, context);
      // Before its first byte.
      session = new Session(internalsOf(driver), { isSeveral: this.#source.isSeveral, onReadOnly });
      return driver;
    });
    const entry = this.#enter(connection, session!, context);
    try {
      await this.#setUp(connection, entry, era);
      return connection;
    } catch (error) {
      internalsOf(connection.connection).stream.destroy();
      throw error;
    }
  }

  async destroy(connection: MysqlConnection, reason: CloseReason): Promise<void> {
    const { session } = this.#entries.get(connection)!;
    session.gate.open();
    const isLeftRunning = session.isBusy && (CUTS.has(reason) || session.isLeft);
    await disconnect(connection, reason);
    // The server does not notice that nobody waits for a statement any more: it goes on, with its locks and its connection. What
    // cannot be told now, it will find out when the statement ends.
    if (isLeftRunning) await this.#control.kill('CONNECTION', connection.threadId).catch(() => {});
  }

  isBroken(connection: MysqlConnection): boolean {
    return isBroken(connection) || this.#entries.get(connection)!.session.isEnding;
  }

  validate(connection: MysqlConnection): Promise<void> {
    return connection.ping();
  }

  reset(connection: MysqlConnection): void | Promise<void> {
    const entry = this.#entries.get(connection)!;
    const { session } = entry;
    if (session.isPaused) connection.resume();
    if (session.isBusy || session.stopping !== undefined) return this.#settleThenClean(connection, entry);
    session.gate.open();
    const need = this.#needOf(session);
    return need === 'nothing' ? session.cleaned() : this.#clean(connection, entry, need);
  }

  classify(error: unknown): ConnectFailureKind {
    return (this.#parts.classify ?? classifyConnectError)(error);
  }

  close(): Promise<void> {
    return this.#control.close();
  }

  /** Whoever waited for what runs on this connection has left: it is stopped, and nothing more is sent until `settle`. */
  interrupt(connection: MysqlConnection): void {
    const { session } = this.#entries.get(connection)!;
    session.gate.close();
    if (!session.isBusy || session.stopping !== undefined) return;
    session.stopping = this.#control.kill('QUERY', connection.threadId);
    // Whether it failed is asked by settle, which may come late.
    session.stopping.catch(() => {});
  }

  /**
   * Resolves when nothing of an interruption can reach the session any more; rejects when that cannot be known.
   *
   * The order to stop reaches the session at any time until it is acknowledged, and hits whatever runs then. So: its
   * acknowledgement, the end of the statement, and one more that takes the hit if the order came late.
   */
  async settle(connection: MysqlConnection): Promise<void> {
    const { session } = this.#entries.get(connection)!;
    await session.stopping;
    session.gate.open();
    if (session.stopping === undefined) return;
    await connection.query('DO 0').catch((error: unknown) => {
      if (isBroken(connection)) throw error;
    });
    session.stopping = undefined;
  }

  /** As the server said last. */
  isInTransaction(connection: MysqlConnection): boolean {
    return this.#entries.get(connection)!.session.isInTransaction;
  }

  #enter(connection: MysqlConnection, session: Session, context: CreateContext): Entry {
    const { charsetNumber } = internalsOf(connection.connection).config;
    const entry = { session, charsetNumber, context, isSetUp: false };
    this.#entries.set(connection, entry);
    return entry;
  }

  async #setUp(connection: MysqlConnection, entry: Entry, era: Era): Promise<void> {
    const { session, charsetNumber } = entry;
    await this.#baseline.apply(connection, charsetNumber);
    if (era.survey === undefined) await this.#survey(era, connection);
    session.cleaned();
    await this.#parts.onOpened?.(connection);
    entry.isSetUp = session.isDirty;
    session.cleaned();
  }

  async #survey(era: Era, connection: MysqlConnection): Promise<void> {
    era.survey = await survey(connection);
    if (!this.#isWarned) warnOfServerTimeout(era.survey, this.#parts.pool);
    this.#isWarned = true;
  }

  /** Where nobody could write from the start, a write is a mistake: it costs its own connection, and not all of them. */
  #turnedReadOnly(era: Era, connection: MysqlConnection, context: CreateContext): void {
    if (era !== this.#era) return;
    const isNews = era.survey?.isReadOnly === false;
    if (isNews) this.#era = {};
    this.#parts.retire(isNews ? undefined : connection);
    context.report(new ReadOnlyServerError(this.#parts.pool.name));
  }

  async #settleThenClean(connection: MysqlConnection, entry: Entry): Promise<void> {
    const { session } = entry;
    // Released from within a callback of mysql2, whose command ends with this turn?
    await Promise.resolve();
    if (session.isBusy && session.stopping === undefined) {
      session.isLeft = true;
      throw new UncleanSessionError('it was released while a statement was running');
    }
    await this.settle(connection);
    const need = this.#needOf(session);
    if (need === 'nothing') session.cleaned();
    else await this.#clean(connection, entry, need);
  }

  #needOf(session: Session): 'nothing' | 'rollback' | 'renewal' {
    if (session.isForeign) return 'renewal';
    const isTouched = this.#mode === 'always' ? session.isUsed : session.isDirty;
    if (isTouched && this.#mode !== 'never') return 'renewal';
    return session.isInTransaction ? 'rollback' : 'nothing';
  }

  async #clean(connection: MysqlConnection, entry: Entry, need: 'rollback' | 'renewal'): Promise<void> {
    const { session, context } = entry;
    if (session.isForeign) throw new UncleanSessionError('it belongs to another user, by changeUser');
    if (session.isInTransaction) {
      this.#parts.onAbandoned();
      const { name: pool } = this.#parts.pool;
      context.report(new TransactionAbandonedError({ pool, acquiredAt: context.acquiredAt() }));
    }
    if (need === 'rollback') await connection.rollback();
    else await this.#renew(connection, entry);
    session.cleaned();
  }

  async #renew(connection: MysqlConnection, { session, charsetNumber, isSetUp }: Entry): Promise<void> {
    const { isElsewhere } = session;
    if (isSetUp) throw new UncleanSessionError('it was set up when it was opened, which a reset would undo');
    if (isElsewhere && !this.#baseline.canReturn) {
      throw new UncleanSessionError('its default schema was changed, and the configuration names none');
    }
    // COM_RESET_CONNECTION: rolls back, unlocks, drops temporary tables and prepared statements, and mysql2's cache of them.
    await connection.reset();
    await this.#baseline.apply(connection, charsetNumber);
    if (isElsewhere) await this.#baseline.returnToDatabase(connection);
  }
}
