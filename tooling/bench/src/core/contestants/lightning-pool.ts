import { createPool } from 'lightning-pool';
import { closeConnection, openConnection, type Connection } from '../connection.ts';
import { UNBOUNDED, type Contestant } from '../contestant.ts';

export const contestant: Contestant<Connection> = {
  name: 'lightning-pool',
  create({ max, acquireTimeoutMs }) {
    const factory = { create: openConnection, destroy: closeConnection };
    const pool = createPool<Connection>(factory, {
      max,
      acquireTimeoutMillis: acquireTimeoutMs,
      maxQueue: UNBOUNDED,
    });
    return { acquire: () => pool.acquire(), release: (connection) => pool.release(connection) };
  },
};
