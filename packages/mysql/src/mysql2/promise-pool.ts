import type { Pool } from '@pool/core';
import type { PoolConnection } from 'mysql2/promise';
import type { MysqlConnection } from '../connection.ts';
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

  /** The engine's own pool: `stats()`, `metrics()`, `on()`, `ready()`, `clear()`, `resize()`. */
  get core(): Pool<MysqlConnection> {
    return this.#callbacks.core;
  }
}
