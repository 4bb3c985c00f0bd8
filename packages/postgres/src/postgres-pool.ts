import {
  createPool,
  type AcquireOptions,
  type ConnectionInfo,
  type Lease,
  type Pool,
  type PoolEventName,
  type PoolEvents,
  type PoolMetrics,
  type PoolStats,
} from '@pool/core';
import type {
  Client,
  QueryArrayConfig,
  QueryArrayResult,
  QueryConfig,
  QueryResult,
  QueryResultRow,
} from 'pg';
import type { ResolvedConnection } from './connection-config.ts';
import { PostgresFactory } from './factory.ts';
import type { ResolvedPostgresOptions } from './options.ts';
import type { PoolerKind } from './pooler.ts';
import { Routes } from './replicas.ts';
import type { SessionCounts } from './session.ts';
import { Statements, type QueryOptions } from './statements.ts';
import type { Savepoint, TransactionOptions } from './transactions.ts';

/** Of the primary's pool; each replica's beside it. */
export interface PostgresStats extends PoolStats {
  readonly replicas: readonly PoolStats[];
}

/** Of the primary's pool; each replica's beside it. */
export interface PostgresMetrics extends PoolMetrics {
  readonly replicas: readonly PoolMetrics[];
  /** Of all of them. */
  readonly postgres: Readonly<SessionCounts> & { readonly pooler: PoolerKind };
}

/** Core's events, with the name of the core pool that they come from. */
export type PostgresPoolEvents = { [E in PoolEventName]: PoolEvents[E] & { readonly pool: string } };

const NO_OPTIONS: TransactionOptions = Object.freeze({});

/** Lends connections to one server, and its replicas'. Made by `createPostgresPool`. */
export class PostgresPool {
  readonly #options: ResolvedPostgresOptions;
  readonly #factories: PostgresFactory[] = [];
  readonly #routes: Routes;
  readonly #statements: Statements;
  #closed: Promise<void> | undefined = undefined;

  /** Use `createPostgresPool`, which checks the options. */
  constructor(options: ResolvedPostgresOptions) {
    this.#options = options;
    const { name } = options.pool;
    const primary = this.#open(name, options.connection);
    // A replica is kept in reach: without a connection to it nobody would notice that it is back.
    const min = Math.max(1, options.pool.min);
    const replicas = options.replicas.map((replica, index) =>
      this.#open(`${name}:replica-${index + 1}`, replica, min),
    );
    this.#routes = new Routes(primary, replicas);
    this.#statements = new Statements(name, this.#routes);
  }

  get name(): string {
    return this.#options.pool.name;
  }

  /** Opens `min` connections to each server, and at least one: proves at start-up that they can be reached. */
  async ready(options?: AcquireOptions): Promise<void> {
    await Promise.all(this.#routes.all.map((pool) => pool.ready(options)));
  }

  /**
   * Borrows a connection, runs one statement, returns it. The result is pg's own.
   *
   * With a `signal` or a `timeoutMs` the caller is told at once, the statement is cancelled on the server, and its connection
   * is lent again only when it is proved idle.
   *
   * @throws {ConnectionLostError} the connection died; it says what may have happened
   * @throws {QueryTimeoutError} `timeoutMs` is over
   * @throws as `acquire`; and pg's own errors, untouched
   */
  query<Row extends QueryResultRow = QueryResultRow>(
    query: string | QueryConfig,
    values?: unknown[],
    options?: QueryOptions,
  ): Promise<QueryResult<Row>>;
  query<Row extends unknown[] = unknown[]>(
    query: QueryArrayConfig,
    values?: unknown[],
    options?: QueryOptions,
  ): Promise<QueryArrayResult<Row>>;
  query(
    query: string | QueryConfig | QueryArrayConfig,
    values?: unknown[],
    options?: QueryOptions,
  ): Promise<unknown> {
    return this.#statements.query(query, values, options);
  }

  /** Lends a connection to the primary until its lease is released: in a `finally`, or with `await using`. */
  acquire(options?: AcquireOptions): Promise<Lease<Client>> {
    return this.#routes.primary.acquire(options);
  }

  /** Lends an idle connection to the primary, or answers undefined. Never waits. */
  tryAcquire(options?: { label?: string }): Lease<Client> | undefined {
    return this.#routes.primary.tryAcquire(options);
  }

  /** Lends a connection to the work, and takes it back whatever the work does. */
  use<R>(
    work: (connection: Client, lease: Lease<Client>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    return this.#routes.primary.use(work, options);
  }

  /**
   * Runs the work in a transaction on one connection: COMMIT when it returns, ROLLBACK when it throws. Nest with `savepoint`.
   *
   * When the signal aborts or the time is over, the caller is told at once, what runs is cancelled, and nothing is committed.
   *
   * @throws {TransactionAbortedError} a statement failed, and the work went on as if it had not
   * @throws as `query`
   */
  transaction<R>(
    work: (connection: Client, savepoint: Savepoint) => R | Promise<R>,
    options: TransactionOptions = NO_OPTIONS,
  ): Promise<R> {
    return this.#statements.transaction(work, options);
  }

  /** Retires every connection made so far, once it is free. New ones ask for the password again. */
  rotate(): void {
    for (const factory of this.#factories) factory.dropPassword();
    this.clear();
  }

  /** Retires every connection made so far, as core's `clear`. */
  clear(options?: { interrupt?: boolean }): void {
    for (const pool of this.#routes.all) pool.clear(options);
  }

  /** Retires the connections that the predicate picks, as core's `evict`. @returns how many */
  evict(predicate: (connection: Client, info: ConnectionInfo) => boolean): number {
    return this.#routes.all.reduce((sum, pool) => sum + pool.evict(predicate), 0);
  }

  /** Changes the bounds of each core pool, as core's `resize`. */
  resize(bounds: { max?: number; min?: number }): void {
    for (const pool of this.#routes.all) pool.resize(bounds);
  }

  /** Stops lending and connecting. Callers wait, and their deadlines go on. */
  pause(): void {
    for (const pool of this.#routes.all) pool.pause();
  }

  resume(): void {
    for (const pool of this.#routes.all) pool.resume();
  }

  /** The pool at this instant. */
  stats(): PostgresStats {
    const { primary, replicas } = this.#routes;
    return { ...primary.stats(), replicas: replicas.map((pool) => pool.stats()) };
  }

  /** Counters and histograms since the pool was made. */
  metrics(): PostgresMetrics {
    const { primary, replicas } = this.#routes;
    const counts = { resets: 0, abandonedTransactions: 0, cancels: 0 };
    for (const { resetter } of this.#factories) {
      for (const key of ['resets', 'abandonedTransactions', 'cancels'] as const)
        counts[key] += resetter.counts[key];
    }
    const postgres = { ...counts, pooler: this.#factories[0]!.pooler.kind };
    return { ...primary.metrics(), replicas: replicas.map((pool) => pool.metrics()), postgres };
  }

  /** Listens to an event of all core pools. A listener that throws disturbs nothing. @returns stops listening */
  on<E extends PoolEventName>(event: E, listener: (payload: PostgresPoolEvents[E]) => void): () => void {
    const stops = this.#routes.all.map((pool) =>
      pool.on(event, (payload) => listener({ ...payload, pool: pool.name } as PostgresPoolEvents[E])),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Refuses new callers, waits `closeGraceMs` for leases, closes everything. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= Promise.all(this.#routes.all.map((pool) => pool.close())).then(() => undefined);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(name: string, connection: ResolvedConnection, min = this.#options.pool.min): Pool<Client> {
    const { pool, reset, pooler } = this.#options;
    const { destroyTimeoutMs } = pool;
    const onReadOnly = (): void => opened.clear();
    const factory = new PostgresFactory({ name, connection, reset, pooler, destroyTimeoutMs, onReadOnly });
    this.#factories.push(factory);
    const opened: Pool<Client> = createPool(factory, { ...pool, name, min });
    return opened;
  }
}
