import type { Database } from 'better-sqlite3';
import type { Lease } from '@pool/core';
import type { Connection } from './connection.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { Transactions } from './transactions.ts';

/** A borrowed connection and the right to give it back, once: core's lease, around the connection of the pool's mode. */
export class SqliteLease<C> {
  readonly transactions: Transactions;
  readonly #lease: Lease<Connection>;
  readonly #borrowed: SqliteConnection | Database;

  /** Made by the pool. */
  constructor(lease: Lease<Connection>, lockTimeoutMs: number) {
    this.#lease = lease;
    this.transactions = new Transactions(lease);
    const { database } = lease.connection;
    this.#borrowed = database ?? new SqliteConnection(lease, this.transactions, { lockTimeoutMs });
    lease.connection.handOut();
  }

  /**
   * better-sqlite3's Database in inline mode, a SqliteConnection in worker mode.
   *
   * @throws {LeaseEndedError} the lease has ended
   */
  get connection(): C {
    // Core's own getter knows whether the lease has ended, and counts the misuse.
    void this.#lease.connection;
    return this.#borrowed as C;
  }

  /** Unique within its core pool. */
  get id(): number {
    return this.#lease.id;
  }

  /** Milliseconds since the acquire; 0 once ended. */
  get age(): number {
    return this.#lease.age;
  }

  /** How often the connection has been lent, this lease included; 0 once ended. */
  get uses(): number {
    return this.#lease.uses;
  }

  get isEnded(): boolean {
    return this.#lease.isEnded;
  }

  /** Gives the connection back. A second call does nothing but to be counted and reported. */
  release(): void {
    this.#lease.release();
  }

  /** Gives the connection back to be closed. In memory this loses the database. */
  destroy(cause?: unknown): void {
    this.#lease.destroy(cause);
  }

  /** As `release()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#lease[Symbol.asyncDispose]();
  }
}
