import {
  CallDeadline,
  ConnectionLostError,
  type AcquireOptions,
  type ConnectionInfo,
  type Lease,
  type Pool,
  type PoolEventName,
  type PoolListener,
  type PoolMetrics,
  type PoolStats,
} from '@pool/core';
import type {
  ExecuteValues,
  FieldPacket,
  QueryOptions,
  QueryResult,
  QueryValues,
  RowDataPacket,
} from 'mysql2';
import { assemble } from './assemble.ts';
import type { CallOptions } from './call-options.ts';
import type { MysqlConnection } from './connection.ts';
import type { MysqlFactory } from './factory.ts';
import { send, withCallers } from './one-statement.ts';
import type { ResolvedMysqlOptions } from './options.ts';
import { streamRows } from './row-stream.ts';
import { isConnectionLost, isServerError, outcomeOf } from './server-errors.ts';
import { isRead } from './statement-effect.ts';
import { Transactions, type TransactionOptions, type TransactionWork } from './transactions.ts';

/** Counters and histograms of the core, and this adapter's own. */
export interface MysqlMetrics extends PoolMetrics {
  readonly mysql: {
    /** Leases that ended with their transaction open. */
    readonly abandonedTransactions: number;
  };
}

const NO_OPTIONS: CallOptions = Object.freeze({});

/** Connections to one MySQL or MariaDB server. Made by `createMysqlPool`. */
export class MysqlPool {
  readonly #core: Pool<MysqlConnection>;
  readonly #factory: MysqlFactory;
  readonly #transactions: Transactions;
  #abandonedTransactions = 0;

  /** Use `createMysqlPool`, which checks the options. */
  constructor(options: ResolvedMysqlOptions) {
    const onAbandoned = (): void => void this.#abandonedTransactions++;
    const { core, factory } = assemble(options, { onAbandoned });
    this.#core = core;
    this.#factory = factory;
    this.#transactions = new Transactions(this.#core, this.#factory);
  }

  get name(): string {
    return this.#core.name;
  }

  /** Opens `min` connections, and at least one: proves at start-up that the server can be reached. */
  ready(options?: AcquireOptions): Promise<void> {
    return this.#core.ready(options);
  }

  /**
   * Runs one statement, with values escaped into its text by mysql2. Resolves to mysql2's own `[rows, fields]`.
   *
   * @throws {QueryTimeoutError} `timeoutMs` is over; the statement is stopped on the server
   * @throws {ConnectionLostError} the connection broke; `outcome` says what may have happened
   */
  query<T extends QueryResult = QueryResult>(
    sql: string | QueryOptions,
    values?: QueryValues,
    options?: CallOptions,
  ): Promise<[T, FieldPacket[]]> {
    return this.#oneShot((connection) => send<T>(connection.connection, 'query', sql, values), sql, options);
  }

  /** As `query`, as a prepared statement, which each connection keeps. */
  execute<T extends QueryResult = QueryResult>(
    sql: string | QueryOptions,
    values?: ExecuteValues,
    options?: CallOptions,
  ): Promise<[T, FieldPacket[]]> {
    return this.#oneShot(
      (connection) => send<T>(connection.connection, 'execute', sql, values),
      sql,
      options,
    );
  }

  /**
   * Streams rows: no more are read from the socket than the loop uses up, but for some ahead. Holds its connection until the loop
   * ends; when it ends early, the query is stopped on the server.
   *
   * `timeoutMs` covers the whole loop.
   */
  async *stream<Row = RowDataPacket>(
    sql: string | QueryOptions,
    values?: QueryValues,
    options: CallOptions = NO_OPTIONS,
  ): AsyncGenerator<Row, void, undefined> {
    const deadline = new CallDeadline(this.name, options);
    const lease = await this.#core.acquire(options);
    const { connection } = lease;
    try {
      yield* streamRows<Row>(connection, sql, values, deadline);
    } catch (error) {
      throw options.signal?.reason === error ? error : describe(this.name, error, sql);
    } finally {
      if (!lease.isEnded) {
        this.#factory.interrupt(connection);
        lease.release();
      }
    }
  }

  /**
   * Runs the work in a transaction on one connection; rolls back when it throws. Nest with the second argument.
   *
   * Interrupted by `signal` or `timeoutMs`, the caller is told at once; the connection stays with the work until it ends.
   *
   * @throws {TransactionEndedError} it had ended before the work did: nothing is known to be committed
   * @throws {ConnectionLostError} `outcome` is 'unknown' when it broke during the commit
   */
  async transaction<R>(work: TransactionWork<R>, options: TransactionOptions = {}): Promise<R> {
    return this.#transactions.run(work, options);
  }

  /** Acquires, works, releases, whatever the work does. */
  use<R>(
    work: (connection: MysqlConnection, lease: Lease<MysqlConnection>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    return this.#core.use(work, options);
  }

  /** Lends a connection until its lease is released: in a `finally`, or with `await using`. */
  acquire(options?: AcquireOptions): Promise<Lease<MysqlConnection>> {
    return this.#core.acquire(options);
  }

  /** Lends an idle connection that needs no round trip, or answers undefined. */
  tryAcquire(options?: { label?: string }): Lease<MysqlConnection> | undefined {
    return this.#core.tryAcquire(options);
  }

  /** Retires every connection made so far; `interrupt` also ends the leases. */
  clear(options?: { interrupt?: boolean }): void {
    this.#core.clear(options);
  }

  /** For after a change of password: connections made with the old one are closed as they become free. */
  rotate(): void {
    this.#core.clear();
  }

  /** Retires the connections that the predicate picks. @returns how many */
  evict(predicate: (connection: MysqlConnection, info: ConnectionInfo) => boolean): number {
    return this.#core.evict(predicate);
  }

  /** Changes the bounds. No lease is cut. */
  resize(bounds: { max?: number; min?: number }): void {
    this.#core.resize(bounds);
  }

  /** Stops lending and connecting; callers wait. */
  pause(): void {
    this.#core.pause();
  }

  resume(): void {
    this.#core.resume();
  }

  /** The pool at this instant. */
  stats(): PoolStats {
    return this.#core.stats();
  }

  /** Counters and histograms since the pool was made. */
  metrics(): MysqlMetrics {
    return { ...this.#core.metrics(), mysql: { abandonedTransactions: this.#abandonedTransactions } };
  }

  /** Listens to an event of the core. @returns stops listening */
  on<E extends PoolEventName>(event: E, listener: PoolListener<E>): () => void {
    return this.#core.on(event, listener);
  }

  /** Refuses new callers, waits `closeGraceMs` for leases, closes everything. Never rejects. */
  close(): Promise<void> {
    return this.#core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #oneShot<R>(
    start: (connection: MysqlConnection) => Promise<R>,
    sql: string | QueryOptions,
    options: CallOptions | undefined,
  ): Promise<R> {
    const deadline = options === undefined ? undefined : new CallDeadline(this.name, options);
    const lease = await this.#core.acquire(options);
    const { connection } = lease;
    try {
      const answer = start(connection);
      if (deadline === undefined) return await answer;
      return await deadline.bound(answer, () => {
        if (!lease.isEnded) this.#factory.interrupt(connection);
      });
    } catch (error) {
      throw options?.signal?.reason === error ? error : describe(this.name, error, sql);
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }
}

/** What the caller gets to see of an error. */
function describe(pool: string, error: unknown, sql: string | QueryOptions): unknown {
  if (isServerError(error)) return withCallers(error);
  if (!isConnectionLost(error)) return error;
  const text = typeof sql === 'string' ? sql : sql.sql;
  return new ConnectionLostError({ pool, outcome: outcomeOf(error, isRead(text)), cause: error });
}
