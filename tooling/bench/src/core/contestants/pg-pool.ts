import { EventEmitter } from 'node:events';
import type { Client, PoolClient } from 'pg';
import PgPool from 'pg-pool';
import type { Contestant } from '../contestant.ts';

/** As much of pg's Client as the pool touches. */
class StubClient extends EventEmitter {
  readonly _queryable = true;
  readonly _ending = false;

  connect(callback: (error?: Error) => void): void {
    queueMicrotask(callback);
  }

  isConnected(): boolean {
    return true;
  }

  end(callback?: () => void): void {
    if (callback !== undefined) queueMicrotask(callback);
  }

  ref(): void {}

  unref(): void {}
}

export const contestant: Contestant<PoolClient> = {
  name: 'pg-pool',
  create({ max, acquireTimeoutMs }) {
    const options = { max, connectionTimeoutMillis: acquireTimeoutMs };
    const pool = new PgPool<Client>(options, StubClient as unknown as new () => Client);
    return { acquire: () => pool.connect(), release: (client) => client.release() };
  },
};
