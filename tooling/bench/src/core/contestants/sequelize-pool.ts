import { Pool } from 'sequelize-pool';
import { closeConnection, openConnection, type Connection } from '../connection.ts';
import type { Contestant } from '../contestant.ts';

export const contestant: Contestant<Connection> = {
  name: 'sequelize-pool',
  create({ max, acquireTimeoutMs }) {
    const pool = new Pool<Connection>({
      create: openConnection,
      destroy: closeConnection,
      validate: () => true,
      min: 0,
      max,
      acquireTimeoutMillis: acquireTimeoutMs,
    });
    return { acquire: () => pool.acquire(), release: (connection) => pool.release(connection) };
  },
};
