import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ConnectError, type CloseReason, type CreateContext, type Factory } from '@pool/core';
import type { Connection, LockWaits } from './connection.ts';
import { InlineConnection } from './inline-connection.ts';
import { identify } from './location.ts';
import type { ResolvedSqliteOptions } from './options.ts';
import type { OpenSettings, Role } from './protocol.ts';
import { isHopeless } from './sqlite-error.ts';
import { WorkerConnection } from './worker-connection.ts';

export interface FactoryParts {
  readonly options: ResolvedSqliteOptions;
  readonly role: Role;
  readonly waits: LockWaits;
  /** Before the first byte of the file is touched: readers need the writer to have made it, in WAL mode. */
  readonly beforeOpen?: () => Promise<void>;
  readonly onOpened?: () => void;
  /** Before a connection closes with its pool: the writer is last, so that it can tidy the log away. */
  readonly beforeClose?: () => Promise<unknown>;
  readonly onAbandoned: (role: Role) => void;
}

// These say that the connection is in a state nobody knows, or that its time is up: no goodbye.
const ABRUPT: ReadonlySet<CloseReason> = new Set(['lost', 'invalid', 'reset', 'overdue']);

// .ts when run from the sources, .js when built.
const WORKER_URL = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/** Opens, checks, cleans and closes connections of one role, in whichever thread they live. */
export class SqliteFactory implements Factory<Connection> {
  readonly #parts: FactoryParts;
  readonly #settings: OpenSettings;
  readonly #identities = new WeakMap<Connection, string>();

  constructor(parts: FactoryParts) {
    const { driver, durability, location, pool, pragmas } = parts.options;
    const { filename, isPrivate } = location;
    const lockTimeoutMs = pool.createTimeoutMs;
    this.#parts = parts;
    this.#settings = { filename, isPrivate, driver, durability, pragmas, role: parts.role, lockTimeoutMs };
  }

  async create({ signal, lost }: CreateContext): Promise<Connection> {
    await this.#prepare();
    signal.throwIfAborted();
    const connection = await this.#open(signal, lost);
    if (!this.#settings.isPrivate) this.#identities.set(connection, await identify(this.#settings.filename));
    this.#parts.onOpened?.();
    return connection;
  }

  async destroy(connection: Connection, reason: CloseReason): Promise<void> {
    if (reason === 'closed') await this.#parts.beforeClose?.();
    await connection.close(!ABRUPT.has(reason));
  }

  isBroken(connection: Connection): boolean {
    return connection.isBroken;
  }

  async validate(connection: Connection): Promise<void> {
    await connection.call({ kind: 'ping' }, { lockTimeoutMs: 0 });
    const { filename, isPrivate } = this.#settings;
    if (isPrivate) return;
    // Writes to a file that was deleted or replaced succeed, and are lost with it.
    const now = await identify(filename).catch(() => undefined);
    if (now !== this.#identities.get(connection))
      throw new Error('the database file has been replaced or deleted');
  }

  reset(connection: Connection): void | Promise<void> {
    const wasAbandoned = connection.reset();
    if (wasAbandoned instanceof Promise) return wasAbandoned.then((isOpen) => this.#report(isOpen));
    this.#report(wasAbandoned === true);
  }

  classify(error: unknown): 'transient' | 'fatal' {
    return isHopeless(error) ? 'fatal' : 'transient';
  }

  #report(wasAbandoned: boolean): void {
    if (wasAbandoned) this.#parts.onAbandoned(this.#parts.role);
  }

  async #prepare(): Promise<void> {
    try {
      await this.#parts.beforeOpen?.();
    } catch (error) {
      // What stopped the writer is what this connection would have met.
      throw error instanceof ConnectError ? error.cause : error;
    }
  }

  #open(signal: AbortSignal, lost: (cause?: unknown) => void): Promise<Connection> {
    const { waits, options } = this.#parts;
    if (options.mode === 'inline') return InlineConnection.open(this.#settings, waits, signal);
    const start = options.createWorker ?? ((url, workerOptions) => new Worker(url, workerOptions));
    const worker = start(WORKER_URL, { workerData: this.#settings, name: `sqlite-${this.#settings.role}` });
    return WorkerConnection.open({ worker, waits, lost }, signal);
  }
}
