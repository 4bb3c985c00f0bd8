// Owns the calls that borrow and return by themselves.
import {
  CallDeadline,
  ConnectionLostError,
  OptionError,
  withRetries,
  type AcquireOptions,
  type Lease,
} from '@pool/core';
import type { Client, QueryArrayConfig, QueryConfig, QueryResult } from 'pg';
import { sessionOf } from './pooled-client.ts';
import type { Routes } from './replicas.ts';
import {
  Attempt,
  beginStatement,
  isRetryable,
  type Savepoint,
  type TransactionOptions,
} from './transactions.ts';

export interface QueryOptions extends AcquireOptions {
  /** Milliseconds for the whole call: waiting for a connection, and the answer. Then the statement is cancelled. */
  timeoutMs?: number | undefined;
  /** It only reads: with `replicas` it runs on one of them, and it can be repeated when its connection is lost. */
  readOnly?: boolean | undefined;
}

export type Query = string | QueryConfig | QueryArrayConfig;

type Work<R> = (connection: Client, savepoint: Savepoint) => R | Promise<R>;

export class Statements {
  readonly #name: string;
  readonly #routes: Routes;

  constructor(name: string, routes: Routes) {
    this.#name = name;
    this.#routes = routes;
  }

  async query(query: Query, values: unknown[] | undefined, options?: QueryOptions): Promise<QueryResult> {
    if (typeof query !== 'string') this.#check(query);
    if (options !== undefined) return this.#queryWith(query, values, options);
    const pool = this.#name;
    const lease = await this.#routes.primary.acquire();
    const client = clientOf(pool, lease);
    try {
      return await send(client, query, values);
    } catch (error) {
      throw explain(pool, error, { client });
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }

  async transaction<R>(work: Work<R>, options: TransactionOptions): Promise<R> {
    const pool = this.#name;
    const begin = beginStatement(pool, options);
    const { retries = 0, settings, readOnly, signal } = options;
    const deadline = new CallDeadline(pool, options);
    const attempt = async (): Promise<R> => {
      const lease = await this.#routes.acquire(readOnly, deadline.within(options));
      const session = sessionOf(clientOf(pool, lease));
      const done = new Attempt(pool, lease, { begin, settings }).run(work).finally(() => {
        if (!lease.isEnded) lease.release();
      });
      // The caller is told now; the lease ends with the work, which can send nothing more.
      return deadline.bound(done, (reason) => session.interrupt(reason));
    };
    return withRetries(attempt, { retries, isRetryable, signal });
  }

  async #queryWith(query: Query, values: unknown[] | undefined, options: QueryOptions): Promise<QueryResult> {
    const pool = this.#name;
    const { readOnly } = options;
    const deadline = new CallDeadline(pool, options);
    const lease = await this.#routes.acquire(readOnly, options);
    const client = clientOf(pool, lease);
    let hasLeft = false;
    const interrupt = (reason: unknown): void => {
      hasLeft = true;
      // P10: the caller is told now; the release waits for the server, and hands on what is proved idle.
      sessionOf(client).interrupt(reason);
      lease.release();
    };
    try {
      return await deadline.bound(send(client, query, values), interrupt);
    } catch (error) {
      throw hasLeft ? error : explain(pool, error, { client, readOnly });
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }

  #check(query: object): void {
    if (!('submit' in query)) return;
    const expected =
      'a text or a config: what speaks the protocol by itself needs a lease; use stream(), cursor() or acquire()';
    throw new OptionError({ pool: this.#name, option: 'query', expected });
  }
}

/** By callback: pg's own promise would be two more for each query. */
function send(client: Client, query: Query, values: unknown[] | undefined): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    // pg puts the callback into the config: into a copy, not into the caller's.
    const config = typeof query === 'string' ? query : { ...query };
    client.query(config as string, values as unknown[], (error: Error | undefined, result) =>
      error ? reject(error) : resolve(result),
    );
  });
}

/** @throws {ConnectionLostError} it died between the loan and its use */
export function clientOf(pool: string, lease: Lease<Client>): Client {
  if (lease.isEnded) throw new ConnectionLostError({ pool, outcome: 'not-sent', cause: undefined });
  return lease.connection;
}

/** The driver's error as it is, unless its connection is gone: then what that means. */
export function explain(
  pool: string,
  error: unknown,
  { client, readOnly }: { client: Client; readOnly?: boolean | undefined },
): unknown {
  // As pg does for its promises: the stack leads to the caller, instead of to the socket.
  if (error instanceof Error) Error.captureStackTrace(error);
  if (!sessionOf(client).isLost) return error;
  return new ConnectionLostError({
    pool,
    outcome: readOnly === true ? 'read-only' : 'unknown',
    cause: error,
  });
}
