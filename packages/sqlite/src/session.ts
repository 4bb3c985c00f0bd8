// Owns one open Database in the thread where it lives: its statements, cursors, transaction, and how to clean it.
// Synchronous; knows neither the pool nor other threads.
import Database from 'better-sqlite3';
import { optimize } from './open-database.ts';
import {
  type CheckpointAnswer,
  type CheckpointMode,
  type Chunk,
  type ControlVerb,
  NOT_A_READ,
  type Params,
  type Role,
  type Statement,
} from './protocol.ts';
import { SessionState } from './session-state.ts';
import { isLocked } from './sqlite-error.ts';
import { StatementCache } from './statement-cache.ts';

const CHUNK_ROWS = 500;

const CONTROL_SQL: Readonly<Record<ControlVerb, string>> = {
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  savepoint: 'SAVEPOINT',
  release: 'RELEASE',
  rollbackTo: 'ROLLBACK TO',
};

const PROGRESS = `SELECT total_changes() || '/' || (SELECT schema_version FROM pragma_schema_version) AS done`;

export class Session {
  readonly database: Database.Database;
  readonly role: Role;
  readonly #statements: StatementCache;
  readonly #cursors = new Map<number, IterableIterator<unknown>>();
  readonly #state: SessionState;
  #nextCursor = 1;
  /** Between our own BEGIN and its end. SQLite may have ended the transaction all the same. */
  #isInTransaction = false;

  constructor(database: Database.Database, role: Role) {
    this.database = database;
    this.role = role;
    this.#statements = new StatementCache(database);
    this.#state = new SessionState(database);
  }

  query({ sql, params }: Statement, mustRead = false): unknown {
    const statement = this.#prepare(sql);
    if (mustRead && !isRead(statement)) return NOT_A_READ;
    return statement.reader ? statement.all(...bound(params)) : statement.run(...bound(params));
  }

  get({ sql, params }: Statement): unknown {
    return this.#prepare(sql).get(...bound(params));
  }

  run({ sql, params }: Statement): Database.RunResult {
    return this.#prepare(sql).run(...bound(params));
  }

  exec(sql: string): void {
    this.#checkTransaction();
    const before = this.#progress();
    try {
      this.database.exec(sql);
    } catch (error) {
      // Run again from its start, a script would repeat what it has done so far.
      if (isLocked(error) && this.#progress() !== before) throw partlyDone();
      throw error;
    }
  }

  /** @throws {SqliteError} SQLITE_BUSY when another process writes */
  control(verb: ControlVerb, name?: string): void {
    if (verb === 'commit' || verb === 'savepoint' || verb === 'release') this.#checkTransaction();
    // SQLite may have rolled back by itself: then there is nothing left to undo.
    const isUndo = verb === 'rollback' || verb === 'rollbackTo';
    if (!isUndo || this.database.inTransaction) this.#statements.get(this.#controlSql(verb, name)).run();
    if (verb === 'begin') this.#isInTransaction = true;
    if (verb === 'commit' || verb === 'rollback') this.#isInTransaction = false;
  }

  openCursor({ sql, params }: Statement, mustRead = false): Chunk | typeof NOT_A_READ {
    this.#checkTransaction();
    // Not from the cache: a statement in the middle of its rows is busy.
    const statement = this.database.prepare(sql);
    if (mustRead && !isRead(statement)) return NOT_A_READ;
    const cursor = this.#nextCursor++;
    this.#cursors.set(cursor, statement.iterate(...bound(params)));
    return this.fetch(cursor);
  }

  fetch(cursor: number): Chunk {
    const iterator = this.#cursors.get(cursor);
    if (iterator === undefined) throw new RangeError('this iteration has ended');
    const rows: unknown[] = [];
    try {
      while (rows.length < CHUNK_ROWS) {
        const next = iterator.next();
        if (next.done === true) {
          this.#cursors.delete(cursor);
          return { cursor, rows, isDone: true };
        }
        rows.push(next.value);
      }
    } catch (error) {
      this.dismiss(cursor);
      throw error;
    }
    return { cursor, rows, isDone: false };
  }

  dismiss(cursor: number): void {
    this.#cursors.get(cursor)?.return?.();
    this.#cursors.delete(cursor);
  }

  checkpoint(mode: CheckpointMode): CheckpointAnswer {
    const [answer] = this.database.pragma(`wal_checkpoint(${mode})`) as CheckpointAnswer[];
    return answer ?? { busy: 0, log: -1, checkpointed: -1 };
  }

  /** A consistent copy as of now, while others go on writing: the read transaction pins the snapshot. */
  async backup(path: string): Promise<Database.BackupMetadata> {
    const isPinned = !this.database.inTransaction && !this.database.memory;
    if (isPinned) this.control('begin', 'DEFERRED');
    try {
      if (isPinned) this.database.pragma('schema_version');
      return await this.database.backup(path);
    } finally {
      if (isPinned) this.control('rollback');
    }
  }

  ping(): void {
    this.#statements.get('SELECT 1').get();
  }

  /**
   * Cleans up after a borrower.
   *
   * @returns whether a transaction had been left open, and was rolled back
   * @throws {Error} what cannot be undone: temporary tables, attached files, changed pragmas, an iterator left open
   */
  reset(): boolean {
    for (const cursor of this.#cursors.keys()) this.dismiss(cursor);
    const wasOpen = this.database.inTransaction;
    if (wasOpen) this.database.exec('ROLLBACK');
    this.#isInTransaction = false;
    this.database.defaultSafeIntegers(false);
    this.database.unsafeMode(false);
    this.#state.check();
    return wasOpen;
  }

  close(): void {
    for (const cursor of this.#cursors.keys()) this.dismiss(cursor);
    if (this.database.open && this.role === 'writer') this.#closeWriter();
    this.database.close();
  }

  #closeWriter(): void {
    if (this.database.inTransaction) this.database.exec('ROLLBACK');
    optimize(this.database);
    this.checkpoint('TRUNCATE');
  }

  #prepare(sql: string): Database.Statement {
    this.#checkTransaction();
    return this.#statements.get(sql);
  }

  /** Without this, what follows a swallowed ON CONFLICT ROLLBACK would be committed statement by statement. */
  #checkTransaction(): void {
    if (!this.#isInTransaction || this.database.inTransaction) return;
    throw new Database.SqliteError('the transaction has been rolled back already', 'SQLITE_ABORT_ROLLBACK');
  }

  #progress(): string {
    const { done } = this.#statements.get(PROGRESS).get() as { done: string };
    return `${done}/${this.database.inTransaction}`;
  }

  #controlSql(verb: ControlVerb, name: string | undefined): string {
    if (verb === 'begin') return `BEGIN ${name ?? (this.role === 'writer' ? 'IMMEDIATE' : 'DEFERRED')}`;
    return name === undefined ? CONTROL_SQL[verb] : `${CONTROL_SQL[verb]} ${name}`;
  }
}

/** `readonly` alone is true of BEGIN, REINDEX and `PRAGMA x = y` too. */
function isRead(statement: Database.Statement): boolean {
  return statement.readonly && statement.reader;
}

function partlyDone(): Error {
  const message =
    'database is locked: a part of the script is done; another process took the lock before the rest';
  return new Database.SqliteError(message, 'SQLITE_BUSY_TIMEOUT');
}

function bound(params: Params | undefined): readonly unknown[] {
  return params === undefined ? [] : [params];
}
