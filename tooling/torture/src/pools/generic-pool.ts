import genericPool from 'generic-pool';
import type { Adapter, Connection, Driver, Held } from '../pool-under-test.ts';

export const adapter: Adapter = {
  name: 'generic-pool',
  packageName: 'generic-pool',
  lacks: {
    resize: 'it has no documented way to change max',
    'lease-events': 'it has no event for a borrow or a return',
  },
  open(settings, driver) {
    const pool = genericPool.createPool<Connection>(factoryOf(driver), {
      max: settings.max,
      min: settings.min,
      maxWaitingClients: settings.maxWaiting,
      acquireTimeoutMillis: settings.acquireTimeoutMs,
      destroyTimeoutMillis: settings.destroyTimeoutMs,
      idleTimeoutMillis: settings.idleTimeoutMs,
      evictionRunIntervalMillis: settings.sweepMs,
      testOnBorrow: driver.validate !== undefined,
    } as genericPool.Options);
    const hold = (connection: Connection): Held => ({
      connection,
      // "If you do not care the outcome it is safe to ignore this promise."
      release: () => void pool.release(connection),
      destroy: () => pool.destroy(connection),
    });
    return {
      acquire: () => pool.acquire().then(hold),
      counts: () => ({ size: pool.size, idle: pool.available, leased: pool.borrowed, waiting: pool.pending }),
      close: () => pool.drain().then(() => pool.clear()),
      use: (work) => pool.use(work),
      clear: () => pool.clear(),
      listen(listener) {
        for (const event of ['factoryCreateError', 'factoryDestroyError'])
          pool.on(event, () => listener('other'));
      },
    };
  },
};

function factoryOf(driver: Driver): genericPool.Factory<Connection> {
  const { validate } = driver;
  return {
    create: () => driver.create(),
    destroy: (connection) => driver.destroy(connection),
    // Its results are wrapped in a promise by the pool.
    ...(validate !== undefined && {
      validate: (connection: Connection) => validate(connection) as Promise<boolean>,
    }),
  };
}
