import { Pool } from 'tarn';
import { closeConnection, openConnection, type Connection } from '../connection.ts';
import type { Contestant } from '../contestant.ts';

export const contestant: Contestant<Connection> = {
  name: 'tarn',
  create({ max, acquireTimeoutMs }) {
    const pool = new Pool<Connection>({
      create: openConnection,
      destroy: closeConnection,
      min: 0,
      max,
      acquireTimeoutMillis: acquireTimeoutMs,
    });
    return {
      acquire: () => pool.acquire().promise,
      release: (connection) => void pool.release(connection),
    };
  },
};
