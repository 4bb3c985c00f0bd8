import type { Pool } from '@pool/core';
import type { ExecuteValues, FieldPacket, QueryOptions, QueryResult, QueryValues } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import type { MysqlConnection } from '../connection.ts';
import { send, withCallers } from '../one-statement.ts';
import { isServerError } from '../server-errors.ts';
import type { CallbackPool } from './callback-pool.ts';
import { PromisePool as DriverPromisePool } from './driver.ts';

/** mysql2/promise's pool, lending by our engine. Its `pool` is the callback flavour of the same pool. */
export class PromisePool extends DriverPromisePool {
  declare readonly pool: CallbackPool;
  readonly #callbacks: CallbackPool;
  readonly #promise: PromiseConstructor | undefined;

  constructor(callbacks: CallbackPool, promise?: PromiseConstructor) {
    super(callbacks, promise);
    this.#callbacks = callbacks;
    this.#promise = promise;
  }

  override getConnection(): Promise<PoolConnection> {
    const wait = this.#promise ?? Promise;
    return new wait((resolve, reject) => {
      this.#callbacks.getConnection((error, connection) => {
        if (error === null) resolve(connection.promise(this.#promise));
        else reject(error);
      });
    });
  }

  override releaseConnection(connection: PoolConnection): void {
    connection.release();
  }

  /** As mysql2's, which takes the call stack before each statement; here only when one has failed. */
  override query<T extends QueryResult>(
    sql: string | QueryOptions,
    values?: QueryValues,
  ): Promise<[T, FieldPacket[]]> {
    return this.#ask('query', sql, values);
  }

  override execute<T extends QueryResult>(
    sql: string | QueryOptions,
    values?: ExecuteValues,
  ): Promise<[T, FieldPacket[]]> {
    return this.#ask('execute', sql, values);
  }

  /** The engine's own pool: `stats()`, `metrics()`, `on()`, `ready()`, `clear()`, `resize()`. */
  get core(): Pool<MysqlConnection> {
    return this.#callbacks.core;
  }

  #ask<T extends QueryResult>(
    verb: 'query' | 'execute',
    sql: string | QueryOptions,
    values: unknown,
  ): Promise<[T, FieldPacket[]]> {
    if (typeof values === 'function') {
      throw new Error('Callback function is not available with promise clients.');
    }
    const answer = this.#answerTo<T>(verb, sql, values);
    if (this.#promise === undefined) return answer;
    return new this.#promise((resolve, reject) => {
      answer.then(resolve, reject);
    });
  }

  async #answerTo<T extends QueryResult>(
    verb: 'query' | 'execute',
    sql: string | QueryOptions,
    values: unknown,
  ): Promise<[T, FieldPacket[]]> {
    try {
      return await send<T>(this.#callbacks, verb, sql, values);
    } catch (error) {
      throw isServerError(error) ? withCallers(error) : error;
    }
  }
}
