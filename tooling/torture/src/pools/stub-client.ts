import { EventEmitter } from 'node:events';
import type { Client } from 'pg';
import type { Connection, Driver } from '../pool-under-test.ts';

/** What `pool.query` hands on to the client: the work in place of SQL. */
export interface StubQuery {
  readonly text: string;
  readonly work: (connection: Connection) => Promise<unknown>;
}

/** As much of pg's Client as the pool touches, with the driver in place of a server. */
export class StubClient extends EventEmitter {
  readonly _queryable = true;
  readonly #driver: Driver;
  #connection: Connection | undefined = undefined;
  #isEnding = false;
  #failConnect: ((error: unknown) => void) | undefined = undefined;

  constructor(driver: Driver) {
    super();
    this.#driver = driver;
  }

  get _ending(): boolean {
    return this.#isEnding;
  }

  get connected(): Connection {
    if (this.#connection === undefined) throw new Error('the client is not connected');
    return this.#connection;
  }

  /** A throw of `create` leaves it synchronously, as it does in pg 8.23.1 for a port above 65535. */
  connect(callback: (error?: unknown) => void): void {
    const opening = this.#driver.create();
    const finish = (error?: unknown): void => {
      this.#failConnect = undefined;
      // Out of the promise: what the pool throws is uncaught, as it is out of a socket's event.
      process.nextTick(callback, error);
    };
    this.#failConnect = finish;
    opening.then(
      (connection) => {
        if (this.#isEnding) {
          void this.#driver.destroy(connection);
        } else {
          this.#connection = connection;
          finish();
        }
      },
      (error: unknown) => this.#failConnect?.(error),
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

  /** The callback comes when the connection is closed, and never when that never happens. */
  end(callback?: () => void): void {
    this.#isEnding = true;
    this.#failConnect?.(new Error('Connection terminated'));
    const closing =
      this.#connection === undefined ? Promise.resolve() : this.#driver.destroy(this.#connection);
    const finish = (): void => {
      this.emit('end');
      callback?.();
    };
    void closing.then(() => process.nextTick(finish));
  }

  ref(): void {}

  unref(): void {}
}

/** The class that a pool is given to make its clients of. */
export function stubClientOf(driver: Driver): new () => Client {
  class BoundClient extends StubClient {
    constructor() {
      super(driver);
    }
  }
  return BoundClient as unknown as new () => Client;
}
