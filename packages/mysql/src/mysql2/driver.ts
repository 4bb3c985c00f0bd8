// Classes that mysql2 exports and its types show as interfaces only.
import * as callbacks from 'mysql2';
import * as promises from 'mysql2/promise';

/** mysql2's settings of one connection, with its defaults filled in. */
export interface DriverConfig extends callbacks.ConnectionOptions {
  readonly gracefulEnd: boolean;
}

/** What mysql2's pool keeps as `config`. */
export interface DriverPoolConfig extends callbacks.PoolOptions {
  readonly connectionConfig: DriverConfig;
}

interface Classes {
  readonly ConnectionConfig: new (options: callbacks.ConnectionOptions) => DriverConfig;
  readonly Connection: new () => callbacks.Connection;
  readonly Pool: new (parts: { config: DriverPoolConfig }) => callbacks.Pool;
  readonly PoolConnection: new (pool: undefined, parts: { config: DriverConfig }) => callbacks.PoolConnection;
}

interface PromiseClasses {
  readonly PromisePool: new (pool: callbacks.Pool, promise?: PromiseConstructor) => promises.Pool;
  readonly PromisePoolConnection: new (
    connection: callbacks.PoolConnection,
    promise?: PromiseConstructor,
  ) => promises.PoolConnection;
}

export const { ConnectionConfig, Connection, Pool, PoolConnection } = callbacks as unknown as Classes;
export const { PromisePool, PromisePoolConnection } = promises as unknown as PromiseClasses;
