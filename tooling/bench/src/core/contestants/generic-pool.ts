import genericPool from 'generic-pool';
import { closeConnection, openConnection, type Connection } from '../connection.ts';
import type { Contestant } from '../contestant.ts';

export const contestant: Contestant<Connection> = {
  name: 'generic-pool',
  create({ max, acquireTimeoutMs }) {
    const factory = { create: openConnection, destroy: closeConnection };
    const pool = genericPool.createPool<Connection>(factory, { max, acquireTimeoutMillis: acquireTimeoutMs });
    return {
      acquire: () => pool.acquire(),
      release: (connection) => void pool.release(connection),
    };
  },
};
