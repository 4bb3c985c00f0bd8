import type {
  ClientSession,
  Collection,
  CollectionOptions,
  Db,
  DbOptions,
  Document,
  MongoClient,
  TransactionOptions,
} from 'mongodb';
import type { Lease } from '@pool/core';
import type { Call } from './call.ts';
import { carryCollection, carryDb } from './carry.ts';
import { LeaseCarrier, type LeaseTerms } from './lease-carrier.ts';
import type { MongoPermit } from './permit.ts';

/**
 * The right to work on the shared client until it is released, with a session of its own.
 *
 * `db()` and `collection()` are the driver's, with the session in every call. A lease is no socket: the driver takes one for each
 * operation. Operations of one lease may run in parallel, but not within a transaction.
 */
export class MongoLease {
  readonly #lease: Lease<MongoPermit>;
  readonly #call: Call | undefined;
  readonly #carrier: LeaseCarrier;

  /** Made by the pool. */
  constructor(lease: Lease<MongoPermit>, call: Call | undefined, terms: LeaseTerms) {
    this.#lease = lease;
    this.#call = call;
    this.#carrier = new LeaseCarrier(lease, call, terms);
  }

  /** The lease itself, for code that is written for every adapter. @throws {LeaseEndedError} the lease has ended */
  get connection(): this {
    void this.#lease.connection;
    return this;
  }

  /** The shared client: what is done with it directly carries no session. @throws {LeaseEndedError} the lease has ended */
  get client(): MongoClient {
    return this.#lease.connection.client;
  }

  /** Begun for this lease, ended with it. @throws {LeaseEndedError} the lease has ended */
  get session(): ClientSession {
    return this.#carrier.session;
  }

  /** Aborts when the pool takes the lease away (`maxLeaseMs`, `close()`), and when the call that it belongs to is over. */
  get signal(): AbortSignal {
    return this.#carrier.signal;
  }

  /** A database, that of the connection string by default. @throws {LeaseEndedError} the lease has ended */
  db(name?: string, options?: DbOptions): Db {
    const { shared, client } = this.#lease.connection;
    return carryDb(options === undefined ? shared.db(name) : client.db(name, options), this.#carrier);
  }

  /** A collection of the connection string's database. @throws {LeaseEndedError} the lease has ended */
  collection<T extends Document = Document>(name: string, options?: CollectionOptions): Collection<T> {
    const { shared } = this.#lease.connection;
    return carryCollection(shared.db().collection<T>(name, options), this.#carrier);
  }

  /**
   * Runs the work in a transaction, by the driver's own `withTransaction`: it is run again, for up to 120 s, as long as its errors
   * carry the label TransientTransactionError, and a commit whose outcome is unknown is repeated.
   */
  async withTransaction<R>(
    work: (lease: MongoLease) => R | Promise<R>,
    options: TransactionOptions = {},
  ): Promise<R> {
    const call = this.#call;
    const attempt = async (): Promise<R> => {
      // An error without a label: the driver does not try again.
      call?.signal.throwIfAborted();
      try {
        return await work(this);
      } catch (error) {
        if (call !== undefined) call.lastError = error;
        throw error;
      }
    };
    const limitMs = options.maxCommitTimeMS ?? call?.remainingMs();
    return this.session.withTransaction(
      attempt,
      limitMs === undefined ? options : { ...options, maxCommitTimeMS: limitMs },
    );
  }

  /** Unique within the pool. */
  get id(): number {
    return this.#lease.id;
  }

  /** Milliseconds since the acquire; 0 once ended. */
  get age(): number {
    return this.#lease.age;
  }

  /** How often the permit has been lent, this lease included; 0 once ended. */
  get uses(): number {
    return this.#lease.uses;
  }

  get isEnded(): boolean {
    return this.#lease.isEnded;
  }

  /** Ends the session: aborts an open transaction, closes cursors left open. A second call does nothing but to be counted. */
  release(): void {
    this.#lease.release();
  }

  /** As `release()`, and the permit is made anew. */
  destroy(cause?: unknown): void {
    this.#lease.destroy(cause);
  }

  /** As `release()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#lease[Symbol.asyncDispose]();
  }
}
