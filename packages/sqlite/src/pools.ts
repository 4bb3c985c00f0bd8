// Owns the core pools of one file: which there are, what each is for, and in which order they open and close.
import {
  createPool,
  PoolClosedError,
  type AcquireOptions,
  type Lease,
  type Pool,
  type PoolEventName,
  type PoolEvents,
} from '@pool/core';
import { LockWaits, type Connection } from './connection.ts';
import { SqliteFactory, type FactoryParts } from './factory.ts';
import type { ResolvedSqliteOptions } from './options.ts';
import type { Role } from './protocol.ts';
import { SpareFactory } from './spare-factory.ts';

/** A backup's connection is not worth keeping: the next backup is hours away. */
const BACKUP_IDLE_MS = 1_000;

/** What nobody but the pool itself holds is no leak, and never overdue. */
const HELD_BY_US = { leakThresholdMs: Infinity, maxLeaseMs: Infinity, detectNestedAcquire: false };

export class Pools {
  readonly reader: Pool<Connection>;
  /** Undefined when the file is opened readonly; the same as `reader` when the database is private to one connection. */
  readonly writer: Pool<Connection> | undefined;
  readonly waits: LockWaits = new LockWaits();
  readonly #options: ResolvedSqliteOptions;
  readonly #onAbandoned: (role: Role) => void;
  /** With `writers: 2`: both, of which `writer` holds one. */
  readonly #writers: Pool<Connection> | undefined;
  #backups: Pool<Connection> | undefined = undefined;
  /** The writer has been open: the file exists, in WAL mode. */
  #isPrepared = false;
  #isClosing = false;
  #readersClosed: Promise<unknown> | undefined = undefined;

  constructor(options: ResolvedSqliteOptions, onAbandoned: (role: Role) => void) {
    this.#options = options;
    this.#onAbandoned = onAbandoned;
    const { location, isReadonly, readers, writers } = options;
    if (!isReadonly && writers === 2) this.#writers = this.#createWriters();
    this.writer = isReadonly ? undefined : this.#createWriter();
    const hasReaders = this.writer === undefined || !location.isPrivate;
    this.reader = hasReaders ? this.#createReaders('reader', { max: readers, min: 1 }) : this.#mustWrite();
  }

  /** The one connection does everything. */
  get isSingle(): boolean {
    return this.reader === this.writer;
  }

  of(role: Role): Pool<Connection> {
    return role === 'reader' ? this.reader : this.#mustWrite();
  }

  async acquire(role: Role, options: AcquireOptions | undefined): Promise<Lease<Connection>> {
    return this.of(role).acquire(options);
  }

  /** A connection for work that needs no lock and is nobody's turn: the spare writer, or else the writer itself. */
  acquireSpare(options: AcquireOptions): Promise<Lease<Connection>> {
    return (this.#writers ?? this.of('writer')).acquire(options);
  }

  /** For a backup: beside the readers, so that none of them is missing while it runs. */
  acquireForBackup(options: AcquireOptions): Promise<Lease<Connection>> {
    if (this.isSingle) return this.acquire('writer', options);
    if (this.#isClosing) return Promise.reject(new PoolClosedError(this.#options.pool.name));
    if (this.#writers !== undefined) return this.#writers.acquire(options);
    this.#backups ??= this.#createReaders('backup', {
      max: 1,
      min: 0,
      idleTimeoutMs: BACKUP_IDLE_MS,
      ...HELD_BY_US,
    });
    return this.#backups.acquire(options);
  }

  async ready(options: AcquireOptions | undefined): Promise<void> {
    await this.#writers?.ready(options);
    await this.writer?.ready(options);
    if (!this.isSingle) await this.reader.ready(options);
  }

  on<E extends PoolEventName>(event: E, listener: (role: Role, payload: PoolEvents[E]) => void): () => void {
    const stops = [
      this.reader.on(event, (payload) => listener(this.isSingle ? 'writer' : 'reader', payload)),
    ];
    if (this.writer !== undefined && !this.isSingle) {
      stops.push(this.writer.on(event, (payload) => listener('writer', payload)));
    }
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** All refuse new callers at once; the writer's connection closes last, and tidies the log away. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const readers = this.isSingle ? [] : [this.reader.close()];
    if (this.#backups !== undefined) readers.push(this.#backups.close());
    this.#readersClosed = Promise.all(readers);
    await Promise.all([this.#readersClosed, this.#closeWriters()]);
  }

  async #closeWriters(): Promise<void> {
    await this.writer?.close();
    await this.#writers?.close();
  }

  #mustWrite(): Pool<Connection> {
    if (this.writer !== undefined) return this.writer;
    throw new TypeError(
      `pool "${this.#options.pool.name}" is opened with connection.readonly: nothing can be written`,
    );
  }

  #createReaders(name: string, own: object): Pool<Connection> {
    const factory = new SqliteFactory({ ...this.#parts('reader'), beforeOpen: () => this.#prepare() });
    return createPool(factory, { ...this.#options.pool, ...own, name: this.#nameOf(name) });
  }

  #createWriter(): Pool<Connection> {
    const factory = this.#writerFactory();
    const lent = this.#writers === undefined ? factory : new SpareFactory(this.#writers, factory);
    // Counted until its thread has ended, however long that takes: until then it may hold the lock.
    const own = { max: 1, min: 1, destroyTimeoutMs: Infinity };
    return createPool(lent, { ...this.#options.pool, ...own, name: this.#nameOf('writer') });
  }

  #createWriters(): Pool<Connection> {
    // One after the other: two at once would fight about turning WAL on.
    const own = {
      max: 2,
      min: 2,
      maxConnecting: 1,
      destroyTimeoutMs: Infinity,
      idleTimeoutMs: Infinity,
      ...HELD_BY_US,
    };
    return createPool(this.#writerFactory(), {
      ...this.#options.pool,
      ...own,
      name: this.#nameOf('writers'),
    });
  }

  #writerFactory(): SqliteFactory {
    const onOpened = (): void => {
      this.#isPrepared = true;
    };
    const beforeClose = (): Promise<unknown> => this.#readersClosed ?? Promise.resolve();
    return new SqliteFactory({ ...this.#parts('writer'), onOpened, beforeClose });
  }

  #parts(role: Role): FactoryParts {
    return { options: this.#options, role, waits: this.waits, onAbandoned: this.#onAbandoned };
  }

  /** Not by a lease when it is open already: its holder may be waiting for this very reader. */
  async #prepare(): Promise<void> {
    if (!this.#isPrepared) await this.writer?.ready({ timeoutMs: this.#options.pool.createTimeoutMs });
  }

  #nameOf(part: string): string {
    return `${this.#options.pool.name}:${part}`;
  }
}
