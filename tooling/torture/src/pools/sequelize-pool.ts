import { Pool } from 'sequelize-pool';
import type { Adapter, Connection, Held } from '../pool-under-test.ts';

export const adapter: Adapter = {
  name: 'sequelize-pool',
  packageName: 'sequelize-pool',
  lacks: {
    use: 'it has no use()',
    'own-work': 'it has no use()',
    resize: 'it has no documented way to change max',
    events: 'it has no events',
    'lease-events': 'it has no events',
    'async-validate': 'its validate is synchronous',
  },
  open(settings, driver) {
    const { validate } = driver;
    const pool = new Pool<Connection>({
      create: () => driver.create(),
      destroy: (connection) => driver.destroy(connection),
      validate: (connection) => (validate?.(connection) ?? true) as boolean,
      min: settings.min,
      max: settings.max,
      maxUses: settings.maxUses,
      acquireTimeoutMillis: settings.acquireTimeoutMs,
      idleTimeoutMillis: settings.idleTimeoutMs,
      reapIntervalMillis: settings.sweepMs,
    });
    const hold = (connection: Connection): Held => ({
      connection,
      release: () => pool.release(connection),
      destroy: () => pool.destroy(connection),
    });
    return {
      acquire: () => pool.acquire().then(hold),
      counts: () => ({ size: pool.size, idle: pool.available, leased: pool.using, waiting: pool.waiting }),
      close: () => pool.drain().then(() => pool.destroyAllNow()),
      clear: () => pool.destroyAllNow(),
    };
  },
};
