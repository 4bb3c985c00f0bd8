import {
  type AcquireOptions,
  type ConnectionInfo,
  type Lease,
  type PoolEventName,
  type PoolEvents,
  type PoolMetrics,
  type PoolStats,
} from '@pool/core';
import type {
  Client,
  Notification,
  QueryArrayConfig,
  QueryArrayResult,
  QueryConfig,
  QueryResult,
  QueryResultRow,
} from 'pg';
import type { ListenOptions, Subscription } from './listener.ts';
import type { ResolvedPostgresOptions } from './options.ts';
import type { PoolerKind } from './pooler.ts';
import type { Routes } from './replicas.ts';
import { Servers } from './servers.ts';
import type { SessionCounts } from './session.ts';
import { Statements, type QueryOptions } from './statements.ts';
import { readBatches, readRows, type StreamOptions } from './streaming.ts';
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

const NO_OPTIONS: AcquireOptions = Object.freeze({});

/** Lends connections to one server, and its replicas'. Made by `createPostgresPool`. */
export class PostgresPool {
  readonly name: string;
  readonly #servers: Servers;
  readonly #routes: Routes;
  readonly #statements: Statements;
  #closed: Promise<void> | undefined = undefined;

  /** Use `createPostgresPool`, which checks the options. */
  constructor(options: ResolvedPostgresOptions) {
    this.name = options.pool.name;
    this.#servers = new Servers(options);
    this.#routes = this.#servers.routes;
    this.#statements = new Statements(this.name, this.#routes);
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
   * @throws {TransactionEndedError} a statement failed, and the work went on as if it had not
   * @throws as `query`
   */
  transaction<R>(
    work: (connection: Client, savepoint: Savepoint) => R | Promise<R>,
    options: TransactionOptions = NO_OPTIONS,
  ): Promise<R> {
    return this.#statements.transaction(work, options);
  }

  /**
   * Streams rows, fetched in batches as the loop asks for them. Holds its connection until the loop ends.
   *
   * @throws as `query`
   */
  stream<Row = QueryResultRow>(
    text: string,
    values?: unknown[],
    options: StreamOptions = NO_OPTIONS,
  ): AsyncGenerator<Row, void, undefined> {
    return readRows(this.#routes, { text, values, options }) as AsyncGenerator<Row, void, undefined>;
  }

  /** As `stream`, batch by batch. */
  cursor<Row = QueryResultRow>(
    text: string,
    values?: unknown[],
    options: StreamOptions = NO_OPTIONS,
  ): AsyncGenerator<Row[], void, undefined> {
    return readBatches(this.#routes, { text, values, options }) as AsyncGenerator<Row[], void, undefined>;
  }

  /**
   * Listens to a channel, on one connection beside the pool's `max` that all subscriptions share. When that is lost it is
   * opened again, and `onGap` tells that notifications may have been missed.
   *
   * @throws {OptionError} no name of a channel, or a pooler in transaction mode and no `directConnection`
   * @throws as `acquire`
   */
  listen(
    channel: string,
    onNotification: (notification: Notification) => void,
    options: ListenOptions = NO_OPTIONS,
  ): Promise<Subscription> {
    return this.#servers.listener.listen(channel, onNotification, options);
  }

  /** Retires every connection made so far, once it is free. New ones ask for the password again. */
  rotate(): void {
    this.#servers.rotate();
  }

  /** Retires every connection made so far, as core's `clear`. */
  clear(options?: { interrupt?: boolean }): void {
    for (const pool of this.#servers.all) pool.clear(options);
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
    const postgres = { ...this.#servers.counts(), pooler: this.#servers.pooler.kind };
    return { ...primary.metrics(), replicas: replicas.map((pool) => pool.metrics()), postgres };
  }

  /** Listens to an event of all core pools. A listener that throws disturbs nothing. @returns stops listening */
  on<E extends PoolEventName>(event: E, listener: (payload: PostgresPoolEvents[E]) => void): () => void {
    return this.#servers.on(event, (pool, payload) =>
      listener({ ...payload, pool } as PostgresPoolEvents[E]),
    );
  }

  /** Refuses new callers, waits `closeGraceMs` for leases, closes everything. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#servers.close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
