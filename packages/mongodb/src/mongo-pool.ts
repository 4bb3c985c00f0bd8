import { Readable } from 'node:stream';
import type {
  ChangeStreamDocument,
  ChangeStreamOptions,
  Document,
  MongoClient,
  RunCommandOptions,
  TransactionOptions as DriverTransactionOptions,
} from 'mongodb';
import {
  createPool,
  OptionError,
  type AcquireOptions,
  type Lease,
  type Pool,
  type PoolEventName,
  type PoolListener,
} from '@pool/core';
import { Call, isBounded } from './call.ts';
import { Clients } from './clients.ts';
import { checkMongoose } from './driver-copy.ts';
import { MongoFactory } from './factory.ts';
import { MongoLease } from './mongo-lease.ts';
import { iterate, type Opened } from './iterate.ts';
import type { LeaseTerms } from './lease-carrier.ts';
import type { MongoMetrics, MongoStats } from './mongo-stats.ts';
import { warnOfTimeoutMS, type ResolvedMongoOptions } from './options.ts';
import type { MongoPermit } from './permit.ts';
import { Sockets } from './sockets.ts';
import { whilePrimary } from './while-primary.ts';

/** For `run`: which database, and the driver's own options. */
export interface RunOptions extends AcquireOptions, Omit<RunCommandOptions, 'session' | 'timeoutMS'> {
  /** @defaultValue the connection string's */
  database?: string | undefined;
}

export interface TransactionOptions
  extends AcquireOptions, Omit<DriverTransactionOptions, 'session' | 'timeoutMS'> {}

export interface WatchOptions extends AcquireOptions, Omit<ChangeStreamOptions, 'session' | 'timeoutMS'> {
  /** @defaultValue the connection string's */
  database?: string | undefined;
  /** Without it the whole database is watched. */
  collection?: string | undefined;
}

type Work<R> = (lease: MongoLease) => R | Promise<R>;

/** Leases on one shared MongoClient. Made by `createMongoPool`. */
export class MongoPool {
  readonly #options: ResolvedMongoOptions;
  readonly #core: Pool<MongoPermit>;
  readonly #clients: Clients;
  readonly #factory: MongoFactory;
  readonly #sockets = new Sockets();
  readonly #terms: LeaseTerms;

  /** Use `createMongoPool`, which checks the options. */
  constructor(options: ResolvedMongoOptions) {
    this.#options = options;
    this.#clients = new Clients({
      ...options,
      onMade: (client) => this.#sockets.observe(client),
      onReplaced: (old) => void this.#core.evict((permit) => permit.shared === old),
    });
    this.#terms = termsOf(options);
    this.#factory = new MongoFactory(this.#clients, options.pool.name);
    this.#core = createPool(this.#factory, options.pool);
  }

  get name(): string {
    return this.#core.name;
  }

  /** The shared client. With `rotateEveryMs` another one later: do not keep it. */
  get client(): MongoClient {
    return this.#clients.current.client;
  }

  /**
   * The shared client for Mongoose: `mongoose.createConnection().setClient(pool.clientFor(mongoose))`, after `ready()`.
   *
   * @throws {OptionError} Mongoose has a second copy of the driver
   */
  clientFor(mongoose: { mongo: { MongoClient: unknown } }): MongoClient {
    checkMongoose(this.name, mongoose);
    return this.client;
  }

  /** Connects, and finds the server that the read preference asks for. Errors as `acquire`. */
  ready(options?: AcquireOptions): Promise<void> {
    return this.#core.ready(options);
  }

  /** Lends until the lease is released: in a `finally`, or with `await using`. `timeoutMs` and `signal` are for the waiting only. */
  acquire(options?: AcquireOptions): Promise<MongoLease> {
    return this.#failingFast(options, (bounds) => this.#acquire(bounds));
  }

  /** Lends if a permit is free and nobody waits, or answers undefined. Never waits. */
  tryAcquire(options?: { label?: string }): MongoLease | undefined {
    const lease = this.#core.tryAcquire(options);
    return lease === undefined ? undefined : this.#leaseOf(lease);
  }

  /**
   * Lends to the work, and releases when it has ended, whatever it does.
   *
   * `timeoutMs` and `signal` are for all of it: reads are stopped; a write that was sent may still be done, and the lease ends when
   * the driver has its answer. Who waits is told at once.
   */
  use<R>(work: Work<R>, options?: AcquireOptions): Promise<R> {
    return this.#failingFast(options, (waiting) =>
      isBounded(options)
        ? this.#useWithin(options, work, waiting)
        : this.#core.use((_, lease) => work(this.#leaseOf(lease)), waiting),
    );
  }

  /**
   * Runs the work in a transaction; it is run again when the error says that this may help. See `MongoLease.withTransaction`.
   *
   * Operations through the lease that it is given are part of the transaction.
   */
  transaction<R>(work: Work<R>, options: TransactionOptions = {}): Promise<R> {
    const { signal, timeoutMs, label, ...driver } = options;
    return this.use((lease) => lease.withTransaction(work, driver), { signal, timeoutMs, label });
  }

  /** Runs one command. `timeoutMs` becomes its `maxTimeMS`. */
  run(command: Document, options: RunOptions = {}): Promise<Document> {
    const { signal, timeoutMs, label, database, ...driver } = options;
    return this.use((lease) => lease.db(database).command(command, driver), { signal, timeoutMs, label });
  }

  /**
   * What the cursor gives, one by one. Holds its lease until the loop ends, and closes the cursor with it.
   *
   * @param open opens it: `(lease) => lease.collection('orders').find()`
   */
  async *cursor<T>(open: Work<Opened<T>>, options?: AcquireOptions): AsyncGenerator<T, void, undefined> {
    const call = isBounded(options) ? new Call(this.name, options) : undefined;
    const lease = await this.#failingFast(options, (bounds) => this.#acquire(bounds, call));
    yield* iterate(open, lease, call);
  }

  /** As `cursor`, as a stream of Node. */
  stream<T>(open: Work<Opened<T>>, options?: AcquireOptions): Readable {
    return Readable.from(this.cursor(open, options));
  }

  /** Changes, one by one, on servers that tell of them. Holds its lease until the loop ends: mind `max`. */
  watch<T extends Document = Document>(
    pipeline: Document[] = [],
    options: WatchOptions = {},
  ): AsyncGenerator<ChangeStreamDocument<T>, void, undefined> {
    const { signal, timeoutMs, label, database, collection, ...driver } = options;
    const open: Work<Opened<ChangeStreamDocument<T>>> = (lease) => {
      const db = lease.db(database);
      return collection === undefined
        ? db.watch<T, ChangeStreamDocument<T>>(pipeline, driver)
        : db.collection<T>(collection).watch<T, ChangeStreamDocument<T>>(pipeline, driver);
    };
    return this.cursor<ChangeStreamDocument<T>>(open, { signal, timeoutMs, label });
  }

  /**
   * Replaces the client: new leases are on another one, connected by then; the old one is closed with its last lease.
   *
   * @throws {OptionError} the client is yours
   * @throws the driver's error when the new client cannot connect: the old one goes on
   */
  async rotate(): Promise<void> {
    if (this.#options.adopted !== undefined) {
      const expected = 'not called with `client`: the pool cannot make another one like it';
      throw new OptionError({ pool: this.name, option: 'rotate', expected });
    }
    await this.#clients.replace();
  }

  /**
   * Changes how many leases there may be, up to the `max` that the client's sockets were made for. No lease is cut.
   *
   * @throws {OptionError} a wrong value, or one above that
   */
  resize({ max }: { max: number }): void {
    const most = this.#options.pool.max;
    if (max > most) {
      const expected = `at most ${most}, the maxPoolSize that its client was made with`;
      throw new OptionError({ pool: this.name, option: 'max', received: max, expected });
    }
    this.#core.resize({ max });
  }

  /** Stops lending. Callers wait, and their deadlines go on. */
  pause(): void {
    this.#core.pause();
  }

  resume(): void {
    this.#core.resume();
  }

  /** Leases, sockets and what is known of the servers, at this instant. */
  stats(): MongoStats {
    const { topology } = this.#clients.current;
    return { ...this.#core.stats(), sockets: this.#sockets.stats(), topology: topology.stats() };
  }

  /** Counters and histograms since the pool was made. */
  metrics(): MongoMetrics {
    const { open: clients, rotations, failedRotations } = this.#clients;
    const { transactions: abandonedTransactions, cursors: abandonedCursors } = this.#factory.abandoned;
    const mongodb = { abandonedTransactions, abandonedCursors, clients, rotations, failedRotations };
    return { ...this.#core.metrics(), sockets: this.#sockets.metrics(), mongodb };
  }

  /** Listens to an event of the core, whose connections are permits here. @returns stops listening */
  on<E extends PoolEventName>(event: E, listener: PoolListener<E>): () => void {
    return this.#core.on(event, listener);
  }

  /** Refuses new callers, waits `closeGraceMs` for leases, ends their sessions, then closes the client if it is the pool's. */
  close(): Promise<void> {
    return this.#core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @param waiting for the lease alone: the bounds, and perhaps that there is a primary */
  async #useWithin<R>(
    bounds: AcquireOptions,
    work: Work<R>,
    waiting: AcquireOptions | undefined,
  ): Promise<R> {
    const call = new Call(this.name, bounds);
    const lent = Promise.withResolvers<void>();
    // The lease lasts as long as the work, whoever waits for it.
    const answer = this.#core.use((_, lease) => {
      lent.resolve();
      return work(this.#leaseOf(lease, call));
    }, waiting);
    answer.catch(() => lent.resolve());
    await lent.promise;
    return call.bound(answer);
  }

  async #acquire(options: AcquireOptions | undefined, call?: Call): Promise<MongoLease> {
    return this.#leaseOf(await this.#core.acquire(options), call);
  }

  #leaseOf(lease: Lease<MongoPermit>, call?: Call): MongoLease {
    return new MongoLease(lease, call, this.#terms);
  }

  /** The waiting for a lease ends with the primary; a lease does not. */
  #failingFast<R>(
    options: AcquireOptions | undefined,
    lend: (options: AcquireOptions | undefined) => Promise<R>,
  ): Promise<R> {
    return this.#options.failFastWhenNoPrimary
      ? whilePrimary(this.name, this.#clients.current.topology, options, lend)
      : lend(options);
  }
}

function termsOf({ pool, adopted }: ResolvedMongoOptions): LeaseTerms {
  let hasWarned = false;
  return {
    // When a client of ours closes, its reads end with it.
    stopsReads: pool.maxLeaseMs < Infinity || adopted !== undefined,
    warnOf: () => {
      if (!hasWarned) warnOfTimeoutMS(pool.name, 'of an operation');
      hasWarned = true;
    },
  };
}
