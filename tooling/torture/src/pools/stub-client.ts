import { EventEmitter } from 'node:events';
import type { Client } from 'pg';
import type { Connection, Driver } from '../pool-under-test.ts';

export interface StubClient extends EventEmitter {
  readonly connected: Connection;
}

/** What `pool.query` hands on to the client: the work in place of SQL. */
export interface StubQuery {
  readonly text: string;
  readonly work: (connection: Connection) => Promise<unknown>;
}

/**
 * As much of pg's Client as the pool touches, with the driver in place of a server.
 *
 * A throw of `create` leaves `connect` synchronously, as it does in pg 8.23.1 for a port above 65535.
 */
export function stubClientOf(driver: Driver): new () => Client {
  class Stub extends EventEmitter implements StubClient {
    _queryable = true;
    _ending = false;
    #connection: Connection | undefined = undefined;
    #fail: ((error: Error) => void) | undefined = undefined;

    get connected(): Connection {
      if (this.#connection === undefined) throw new Error('the client is not connected');
      return this.#connection;
    }

    connect(callback: (error?: unknown) => void): void {
      const opening = driver.create();
      const finish = (error?: unknown): void => {
        this.#fail = undefined;
        // Out of the promise: what the pool throws is uncaught, as it is out of a socket's event.
        process.nextTick(callback, error);
      };
      this.#fail = finish;
      opening.then(
        (connection) => {
          if (this._ending) return void driver.destroy(connection);
          this.#connection = connection;
          finish();
        },
        (error: unknown) => this.#fail?.(error as Error),
      );
    }

    isConnected(): boolean {
      return this.#connection !== undefined;
    }

    query(query: StubQuery, _values: unknown, callback: (error: unknown, result?: unknown) => void): void {
      query.work(this.connected).then(
        (result) => process.nextTick(callback, null, result),
        (error: unknown) => process.nextTick(callback, error),
      );
    }

    end(callback?: () => void): void {
      this._ending = true;
      this.#fail?.(new Error('Connection terminated'));
      const closing = this.#connection === undefined ? Promise.resolve() : driver.destroy(this.#connection);
      const finish = (): void => {
        this.emit('end');
        callback?.();
      };
      closing.then(
        () => process.nextTick(finish),
        () => process.nextTick(finish),
      );
    }

    ref(): void {}

    unref(): void {}
  }
  return Stub as unknown as new () => Client;
}
