import { ConnectError, type Lease, type Pool } from '@pool/core';
import type { PoolConnection } from 'mysql2';
import type { PoolConnection as PromiseConnection } from 'mysql2/promise';
import type { MysqlConnection } from '../connection.ts';
import { ConnectionConfig, type DriverConfig, type DriverPoolConfig, Pool as DriverPool } from './driver.ts';
import type { Settings } from './options.ts';
import type { PooledConnection } from './pooled-connection.ts';
import { PromisePool } from './promise-pool.ts';

type Borrow = (error: Error | null, connection: PooledConnection) => unknown;

/** What an error comes with, in the place of a connection. */
const NONE = undefined as unknown as PooledConnection;

/**
 * mysql2's pool in its callback flavour, lending by our engine. `query`, `execute`, `escape` and `format` are mysql2's own: they
 * borrow by `getConnection`.
 */
export class CallbackPool extends DriverPool {
  readonly #core: Pool<MysqlConnection>;
  readonly #settings: Settings;
  readonly #isTrimmed: boolean;

  constructor(core: Pool<MysqlConnection>, settings: Settings) {
    super({ config: configOf(settings) });
    this.#core = core;
    this.#settings = settings;
    this.#isTrimmed = settings.maxIdle < core.stats().max;
  }

  /** Not named `pool`: libraries take what is called that for the callback flavour. */
  get core(): Pool<MysqlConnection> {
    return this.#core;
  }

  override getConnection(borrow: Borrow): void {
    if (!this.#settings.isWaiting && this.#isExhausted()) {
      process.nextTick(borrow, new Error('No connections available.'), NONE);
      return;
    }
    if (this.listenerCount('enqueue') > 0 && this.#isExhausted()) this.#tell('enqueue');
    this.#core.acquire().then(
      (lease) => this.#lend(lease, borrow),
      (error: unknown) => callBack(borrow, asOfDriver(error) as Error, NONE),
    );
  }

  override releaseConnection(connection: PoolConnection | PromiseConnection): void {
    connection.release();
  }

  /** Waits for leases, as `close()` of every pool here does. Every call is answered when all is closed. */
  override end(callback?: (error: NodeJS.ErrnoException | null) => unknown): void {
    void this.#core.close().then(() => {
      if (callback !== undefined) process.nextTick(callback, null);
    });
  }

  override [Symbol.dispose](): void {
    this.end();
  }

  override promise(promise?: PromiseConstructor): PromisePool {
    return new PromisePool(this, promise);
  }

  /** Internal: a new connection is open. Resolves when what listeners sent has been answered. */
  async opened(connection: PooledConnection): Promise<void> {
    if (this.listenerCount('connection') === 0) return;
    this.#tell('connection', connection);
    await new Promise<void>((resolve, reject) => {
      // Nothing at all, when it went well.
      connection.ping((error) => (error ? reject(error) : resolve()));
    });
  }

  /** Internal: a borrower has given it back. */
  returned(connection: PooledConnection): void {
    this.#tell('release', connection);
    if (this.#isTrimmed) this.#trim();
  }

  #lend(lease: Lease<MysqlConnection>, borrow: Borrow): void {
    const connection = lease.connection.connection as PooledConnection;
    connection.lend({ lease, lender: this });
    this.#tell('acquire', connection);
    callBack(borrow, null, connection);
  }

  /** This caller would have to wait for another one's release. */
  #isExhausted(): boolean {
    const { leased, waiting, max } = this.#core.stats();
    return leased + waiting >= max;
  }

  #trim(): void {
    let excess = this.#core.stats().idle - this.#settings.maxIdle;
    if (excess > 0) this.#core.evict((_connection, { isLeased }) => !isLeased && excess-- > 0);
  }

  /** P21: a listener that throws is told to the process, and disturbs no borrower. */
  #tell(
    event: 'connection' | 'acquire' | 'release' | 'enqueue',
    ...payload: readonly PooledConnection[]
  ): void {
    try {
      this.emit(event, ...payload);
    } catch (error) {
      throwLater(error);
    }
  }
}

/** From within a promise, where what a callback throws would be a rejection of nobody's. */
function callBack(borrow: Borrow, error: Error | null, connection: PooledConnection): void {
  try {
    borrow(error, connection);
  } catch (thrown) {
    throwLater(thrown);
  }
}

/** As an event of the process, and outside of whatever runs now. */
function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** Whoever holds a pool of mysql2 looks at the codes of mysql2's own errors. */
function asOfDriver(error: unknown): unknown {
  return error instanceof ConnectError && error.cause !== undefined ? error.cause : error;
}

/** What mysql2's own methods read. Its timer that watches over idle connections does not start: they are the engine's. */
function configOf({ driver, pool }: Settings): DriverPoolConfig {
  const connectionConfig: DriverConfig = new ConnectionConfig(driver);
  const connectionLimit = pool.max ?? 10;
  return { connectionConfig, connectionLimit, maxIdle: connectionLimit };
}
