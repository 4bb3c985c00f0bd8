import type { BackupMetadata, RunResult } from 'better-sqlite3';
import { OptionError, type AcquireOptions } from '@pool/core';
import { checkpoint, type CheckpointResult } from './checkpoint.ts';
import { isClaimed } from './registry.ts';
import { realPath, sizeOf } from './location.ts';
import { OneShots } from './one-shots.ts';
import type { ResolvedSqliteOptions } from './options.ts';
import { Pools } from './pools.ts';
import { CHECKPOINT_MODES, type CheckpointMode, type Params, type Role, type Statement } from './protocol.ts';
import type { AnyRow, QueryResult } from './sqlite-connection.ts';
import { AbandonedTransactions, type SqlitePoolEvents } from './sqlite-events.ts';
import { SqliteLease } from './sqlite-lease.ts';
import type { SqliteMetrics, SqliteStats } from './sqlite-stats.ts';

export interface TransactionOptions extends AcquireOptions {
  /** A snapshot on a reader instead of the writer's lock. */
  readOnly?: boolean;
}

/** Runs the work within a savepoint: when it throws, only what it did is undone. */
export type Savepoint = <R>(work: () => R | Promise<R>) => Promise<R>;

const NO_OPTIONS: AcquireOptions = Object.freeze({});

/** One writer and some readers of one SQLite file. Made by `createSqlitePool`. */
export class SqlitePool<C> {
  readonly #options: ResolvedSqliteOptions;
  readonly #unclaim: () => void;
  readonly #pools: Pools;
  readonly #oneShots: OneShots;
  readonly #abandoned = new AbandonedTransactions();
  #closed: Promise<void> | undefined = undefined;

  /** Use `createSqlitePool`, which checks the options. */
  constructor(options: ResolvedSqliteOptions, unclaim: () => void) {
    this.#options = options;
    this.#unclaim = unclaim;
    this.#pools = new Pools(options, (role) => this.#abandoned.add(role));
    this.#oneShots = new OneShots(this.#pools, options);
  }

  get name(): string {
    return this.#options.pool.name;
  }

  /** Opens the file: proves at start-up that it can be written and read. */
  async ready(options?: AcquireOptions): Promise<void> {
    await this.#pools.ready(options);
  }

  /**
   * Runs one statement where it belongs: on a reader when it only reads, otherwise on the writer.
   *
   * Resolves to all rows; a statement that returns none gives `{ changes, lastInsertRowid }` as `query<RunResult>`.
   *
   * @throws {OptionError} BEGIN, COMMIT, SAVEPOINT, ATTACH and the like: use `transaction()` or `acquire()`
   */
  async query<Row = AnyRow>(sql: string, params?: Params, options = NO_OPTIONS): Promise<QueryResult<Row>> {
    return (await this.#oneShots.query({ sql, params }, options)) as QueryResult<Row>;
  }

  /** Runs one write. Resolves once it is committed, together with those that waited beside it. Errors as `query`. */
  async run(sql: string, params?: Params, options = NO_OPTIONS): Promise<RunResult> {
    return this.#oneShots.run({ sql, params }, options);
  }

  /** Runs all statements in one transaction and one round trip, or none of them. Results as those of `query`. */
  async batch(statements: readonly Statement[], options = NO_OPTIONS): Promise<readonly unknown[]> {
    return this.#oneShots.batch(statements, options);
  }

  /**
   * Streams rows in chunks, each fetched when the one before is used up. Holds its connection until the loop ends.
   *
   * Do not wait in the loop for what never comes: a reader that stays leased keeps the log from being written back.
   */
  async *iterate<Row = AnyRow>(
    sql: string,
    params?: Params,
    options = NO_OPTIONS,
  ): AsyncGenerator<Row, void, undefined> {
    yield* this.#oneShots.iterate({ sql, params }, options) as AsyncGenerator<Row, void, undefined>;
  }

  /** Lends a connection that only reads to the work. Each statement sees the newest commit. */
  async read<R>(
    work: (connection: C, lease: SqliteLease<C>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    return this.#use('reader', (lease) => work(lease.connection, lease), options);
  }

  /** Lends the writer to the work, without a transaction: each statement commits by itself. */
  async write<R>(
    work: (connection: C, lease: SqliteLease<C>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    return this.#use('writer', (lease) => work(lease.connection, lease), options);
  }

  /**
   * Runs the work in a transaction: BEGIN IMMEDIATE, COMMIT, ROLLBACK when the work throws.
   *
   * The writer is taken from the start, so a write within never fails for one that came between. Nest with `savepoint`.
   */
  async transaction<R>(
    work: (connection: C, savepoint: Savepoint) => R | Promise<R>,
    options: TransactionOptions = NO_OPTIONS,
  ): Promise<R> {
    const { readOnly = false, ...acquireOptions } = options;
    const deadline = this.#oneShots.deadline(acquireOptions);
    const begin = (lease: SqliteLease<C>): Promise<R> => {
      const savepoint: Savepoint = (nested) => lease.transactions.run(nested, 0);
      const run = (): R | Promise<R> => work(lease.connection, savepoint);
      return lease.transactions.run(run, deadline.remainingMs, acquireOptions.signal);
    };
    return this.#use(readOnly ? 'reader' : 'writer', begin, acquireOptions);
  }

  /** Lends a connection until its lease is released: in a `finally`, or with `await using`. */
  async acquire({
    intent = 'write',
    ...options
  }: AcquireOptions & { intent?: 'read' | 'write' } = {}): Promise<SqliteLease<C>> {
    return this.#lend(intent === 'read' ? 'reader' : 'writer', options);
  }

  /**
   * Copies the database as it is now into another file, while others go on reading and writing.
   *
   * On a connection of its own, with a snapshot: meanwhile the write-ahead log cannot be written back completely.
   */
  async backup(path: string, options = NO_OPTIONS): Promise<BackupMetadata> {
    if (isClaimed(realPath(path))) {
      throw new OptionError({
        pool: this.name,
        option: 'path',
        expected: 'a file that no pool has open',
        received: path,
      });
    }
    const lease = await this.#pools.acquireForBackup(options);
    try {
      return await lease.connection.call({ kind: 'backup', path }, { lockTimeoutMs: 0 });
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }

  /**
   * Writes the write-ahead log back into the file. TRUNCATE also empties it, and waits up to 1 s for readers to end.
   *
   * The answer's `mode` is PASSIVE when one did not end: `log` - `checkpointed` pages are then still waiting.
   */
  async checkpoint(mode: CheckpointMode = 'TRUNCATE', options = NO_OPTIONS): Promise<CheckpointResult> {
    if (!CHECKPOINT_MODES.includes(mode)) {
      throw new OptionError({
        pool: this.name,
        option: 'mode',
        expected: `one of ${CHECKPOINT_MODES.join(', ')}`,
        received: mode,
      });
    }
    const { reader, isSingle } = this.#pools;
    const acquireWriter = (wait: AcquireOptions): ReturnType<Pools['acquire']> =>
      this.#oneShots.acquire('writer', wait);
    const acquireSpare = (wait: AcquireOptions): ReturnType<Pools['acquire']> =>
      this.#pools.acquireSpare(wait);
    return checkpoint({ reader, isSingle, acquireWriter, acquireSpare }, mode, options);
  }

  /** The pool at this instant. */
  stats(): SqliteStats {
    const { reader, writer } = this.#pools;
    return { name: this.name, mode: this.#options.mode, reader: reader.stats(), writer: writer?.stats() };
  }

  /** Counters and histograms since the pool was made. */
  metrics(): SqliteMetrics {
    const { reader, writer, waits } = this.#pools;
    const { groups } = this.#oneShots;
    const { filename, isPrivate } = this.#options.location;
    const sqlite = {
      lockWaits: waits.count,
      lockWaitMs: waits.totalMs,
      groups: groups?.groups ?? 0,
      groupedWrites: groups?.writes ?? 0,
      abandonedTransactions: this.#abandoned.count,
      walBytes: isPrivate ? 0 : sizeOf(`${filename}-wal`),
    };
    return { reader: reader.metrics(), writer: writer?.metrics(), sqlite };
  }

  /** Listens to an event of both core pools. A listener that throws disturbs nothing. @returns stops listening */
  on<E extends keyof SqlitePoolEvents>(
    event: E,
    listener: (payload: SqlitePoolEvents[E]) => void,
  ): () => void {
    if (event === 'transaction:abandoned') {
      return this.#abandoned.listen(listener as (payload: { readonly role: Role }) => void);
    }
    return this.#pools.on(event, (role, payload) => {
      listener({ ...payload, role } as SqlitePoolEvents[E]);
    });
  }

  /** Refuses new callers, waits `closeGraceMs` for leases, closes readers and then the writer. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#pools.close().finally(this.#unclaim);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #lend(role: Role, options: AcquireOptions | undefined): Promise<SqliteLease<C>> {
    const lease = await this.#oneShots.acquire(role, options);
    return new SqliteLease(lease, this.#options.pool.acquireTimeoutMs);
  }

  async #use<R>(
    role: Role,
    work: (lease: SqliteLease<C>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    const lease = await this.#lend(role, options);
    try {
      return await work(lease);
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }
}
