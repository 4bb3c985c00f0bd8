import { createPool, type Lease, type Pool as CorePool, type PoolStats } from '@pool/core';
import type { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { Pool as PgPool, Query, type Client, type PoolClient, type PoolOptions } from 'pg';
import { isBusy } from '../driver.ts';
import { ClientFactory } from './client-factory.ts';
import { settingsOf, type PoolConfig, type PoolControls } from './config.ts';
import { asPgPool, ENDED, ENDED_TWICE, FUNCTION_FIRST, RELEASED_TWICE } from './failures.ts';
import { callBack, isSubmittable, promiseOf, type Submittable } from './forms.ts';

type ConnectCallback = (
  err: Error | undefined,
  client: PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;
type QueryCallback = (error: unknown, result?: unknown) => void;
type PoolEvent = 'connect' | 'acquire' | 'release' | 'remove' | 'error';

/** What is left of a pg.Pool: an emitter with `options`. Its constructor opens nothing. */
interface Base extends EventEmitter {
  readonly options: PoolOptions;
  readonly Promise: PromiseConstructorLike;
  readonly Client: unknown;
  readonly log: (...messages: unknown[]) => void;
  ending: boolean;
  ended: boolean;
}
const Base = PgPool as unknown as new (config: PoolConfig) => Base;

/** Every method of pg.Pool's is replaced; that it is one is what libraries look for. Its name too. */
export class Pool extends Base {
  static {
    // Bundlers rename classes.
    Object.defineProperty(this, 'name', { value: 'Pool' });
  }

  readonly #core: CorePool<Client>;
  readonly #maxLifetimeMs: number;
  /** Whoever is in it is a borrower's. */
  readonly #held = new WeakSet<Client>();

  /** @throws {OptionError} a wrong value, or a `Client` that is not pg's */
  constructor(config: PoolConfig = {}) {
    // pg.Pool hides the key of the object that it is given.
    const { ssl } = config;
    super(typeof ssl === 'object' ? { ...config, ssl: { ...ssl, key: ssl.key } } : config);
    const settings = settingsOf(config, this.options, this.Client);
    this.#maxLifetimeMs = settings.core.maxLifetimeMs;
    const factory = new ClientFactory(settings, {
      connected: (client) => this.#tell('connect', client),
      lost: (client, cause) => this.#lost(client, cause),
      removed: (client) => this.#tell('remove', client),
      log: (...messages) => this.log(...messages),
    });
    this.#core = createPool(factory, settings.core);
  }

  /** The pool below: its numbers, its events, and what pg-pool has no verb for. */
  get core(): PoolControls {
    return this.#core;
  }

  /** Connected or being connected; one that is being closed is not among them. */
  get totalCount(): number {
    const { size, closing } = this.#core.stats();
    return size - closing;
  }

  /** With nobody, also while their sessions are cleaned. */
  get idleCount(): number {
    const { idle, checking, resetting } = this.#core.stats();
    return idle + checking + resetting;
  }

  /** Callers for whom no connection is being opened. */
  get waitingCount(): number {
    const { waiting, creating } = this.#core.stats();
    return Math.max(0, waiting - creating);
  }

  /** With a borrower beyond `maxLifetimeSeconds`: closed when it comes back. */
  get expiredCount(): number {
    let expired = 0;
    this.#core.evict((_, { isLeased, ageMs }) => {
      if (isLeased && ageMs >= this.#maxLifetimeMs) expired++;
      return false;
    });
    return expired;
  }

  /** The numbers only: `options` may hold a URL with a password in it (P24). */
  toJSON(): PoolStats {
    return this.#core.stats();
  }

  [inspect.custom](): object {
    return { Pool: this.#core.stats() };
  }

  connect(callback?: ConnectCallback): Promise<PoolClient> | undefined {
    const client = this.#checkOut();
    if (callback === undefined) return promiseOf(this.Promise, client);
    callBack(
      client,
      (lent) => callback(undefined, lent, lent.release as (release?: unknown) => void),
      (error) => callback(error as Error, undefined, () => undefined),
    );
    return undefined;
  }

  query(query: unknown, values?: unknown, callback?: QueryCallback): unknown {
    if (isSubmittable(query) && !(query instanceof Query)) return this.#submit(query);
    const done = typeof values === 'function' ? (values as QueryCallback) : callback;
    const answer = this.#query(query, typeof values === 'function' ? undefined : values);
    const onFirst = typeof query === 'function' ? (query as QueryCallback) : done;
    if (onFirst === undefined) return promiseOf(this.Promise, answer);
    callBack(answer, (result) => onFirst(undefined, result), onFirst);
    return undefined;
  }

  end(callback?: (error?: Error) => void): Promise<void> | undefined {
    const ended = this.#end();
    if (callback === undefined) return promiseOf(this.Promise, ended);
    callBack(
      ended,
      () => callback(),
      (error) => callback(error as Error),
    );
    return undefined;
  }

  async #checkOut(): Promise<PoolClient> {
    if (this.ending) throw new Error(ENDED);
    try {
      return this.#lend(await this.#core.acquire());
    } catch (error) {
      throw asPgPool(error);
    }
  }

  #lend(lease: Lease<Client>): PoolClient {
    const client = lease.connection as PoolClient;
    this.#held.add(client);
    let isReleased = false;
    client.release = (error) => {
      if (isReleased) throw new Error(RELEASED_TWICE);
      isReleased = true;
      this.#held.delete(client);
      this.#tell('release', error, client);
      if (error) lease.destroy(error);
      else lease.release();
    };
    this.#tell('acquire', client);
    return client;
  }

  async #query(query: unknown, values: unknown): Promise<unknown> {
    if (typeof query === 'function') throw new Error(FUNCTION_FIRST);
    const client = await this.#checkOut();
    const { log } = this;
    try {
      log('dispatching query');
      const answer =
        query instanceof Query ? answered(client, query) : client.query(query as string, values as []);
      const result = await answer;
      log('query dispatched');
      client.release();
      return result;
    } catch (error) {
      // An error of the server's leaves the connection as good as it was; the driver's own time limit leaves it busy.
      client.release(isBusy(client) ? (error as Error) : undefined);
      throw error;
    }
  }

  /** The cursor or stream itself, as pg's types have it; its connection is held until it ends. */
  #submit<T extends Submittable>(query: T): T {
    this.#checkOut().then(
      (client) => {
        client.once('drain', () => client.release());
        client.query(query);
      },
      (error: unknown) => query.handleError(error),
    );
    return query;
  }

  async #end(): Promise<void> {
    this.log('ending');
    if (this.ending) throw new Error(ENDED_TWICE);
    this.ending = true;
    await this.#allServed();
    await this.#core.close();
    this.ended = true;
  }

  /** Whoever waited before the end is still served. */
  async #allServed(): Promise<void> {
    const core = this.#core;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (core.stats().waiting === 0) resolve();
    };
    const stops = [core.on('lease:acquired', look), core.on('acquire:failed', look)];
    look();
    await promise;
    for (const stop of stops) stop();
  }

  /** Without a listener it is nobody's business: pg-pool would end the process. */
  #lost(client: Client, cause: unknown): void {
    if (this.#held.has(client)) return;
    const error = cause instanceof Error ? cause : new Error('Connection terminated unexpectedly');
    if (this.listenerCount('error') === 0) return;
    this.#tell('error', Object.assign(error, { client }), client);
  }

  /** A listener that throws is the process's business, as with any emitter, but not the borrower's. */
  #tell(event: PoolEvent, ...details: unknown[]): void {
    try {
      this.emit(event, ...details);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function answered(client: Client, query: Query): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, result: unknown): void => (error ? reject(error) : resolve(result));
    (client.query as unknown as (...args: unknown[]) => void).call(client, query, undefined, done);
  });
}
