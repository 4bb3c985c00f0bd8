import type { RunResult } from 'better-sqlite3';
import type { Lease } from '@pool/core';
import type { CallOptions, Connection } from './connection.ts';
import type { Params } from './protocol.ts';
import { streamRows } from './row-stream.ts';
import type { Transactions } from './transactions.ts';

/** What `query` resolves to: rows, or better-sqlite3's own result when it is asked for by type. */
export type QueryResult<Row> = [Row] extends [RunResult] ? Row : Row[];

export type AnyRow = Record<string, unknown>;

/** A borrowed connection in a worker thread. Ends with its lease; what is called after that throws. */
export class SqliteConnection {
  readonly #lease: Lease<Connection>;
  readonly #transactions: Transactions;
  readonly #options: CallOptions;

  /** Made by the pool. */
  constructor(lease: Lease<Connection>, transactions: Transactions, options: CallOptions) {
    this.#lease = lease;
    this.#transactions = transactions;
    this.#options = options;
  }

  /** All rows. A statement that returns none gives `{ changes, lastInsertRowid }`. */
  async query<Row = AnyRow>(sql: string, params?: Params): Promise<QueryResult<Row>> {
    return (await this.#lease.connection.call(
      { kind: 'query', sql, params },
      this.#options,
    )) as QueryResult<Row>;
  }

  /** The first row, or undefined. */
  async get<Row = AnyRow>(sql: string, params?: Params): Promise<Row | undefined> {
    return (await this.#lease.connection.call({ kind: 'get', sql, params }, this.#options)) as
      | Row
      | undefined;
  }

  /** Runs a statement that returns no rows. */
  async run(sql: string, params?: Params): Promise<RunResult> {
    return this.#lease.connection.call({ kind: 'run', sql, params }, this.#options);
  }

  /** Runs a script of statements, without parameters and results. */
  async exec(sql: string): Promise<void> {
    await this.#lease.connection.call({ kind: 'exec', sql }, this.#options);
  }

  /** Streams rows in chunks. Until the loop ends, SQLite lets this connection do nothing but read. */
  async *iterate<Row = AnyRow>(sql: string, params?: Params): AsyncGenerator<Row, void, undefined> {
    yield* streamRows(() => this.#lease.connection, { sql, params }, this.#options) as AsyncGenerator<
      Row,
      void,
      undefined
    >;
  }

  /**
   * Begins, works, commits; rolls back when the work throws. Within another one it is a savepoint.
   *
   * One after another, not side by side: savepoints of one connection nest.
   */
  async transaction<R>(work: () => R | Promise<R>): Promise<R> {
    return this.#transactions.run(work, this.#options.lockTimeoutMs);
  }
}
