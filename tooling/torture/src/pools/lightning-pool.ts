import { Pool } from 'lightning-pool';
import type { Adapter, Connection, Driver, Held, Saying } from '../pool-under-test.ts';

const SAYINGS: Readonly<Record<string, Saying>> = {
  create: 'opened',
  destroy: 'closed',
  acquire: 'lent',
  return: 'released',
  start: 'other',
  closing: 'other',
  close: 'other',
  terminate: 'other',
  error: 'other',
  'request-timeout': 'other',
  'validate-error': 'other',
  'destroy-error': 'other',
};

export const adapter: Adapter = {
  name: 'lightning-pool',
  packageName: 'lightning-pool',
  lacks: {
    use: 'it has no use()',
    'own-work': 'it has no use()',
    clear: 'it has no clear()',
  },
  open(settings, driver) {
    const pool = new Pool<Connection>(factoryOf(driver), {
      max: settings.max,
      min: settings.min,
      minIdle: settings.minIdle,
      maxQueue: settings.maxWaiting,
      acquireTimeoutMillis: settings.acquireTimeoutMs,
      idleTimeoutMillis: settings.idleTimeoutMs,
      houseKeepInterval: settings.sweepMs,
    });
    const hold = (connection: Connection): Held => ({
      connection,
      release: () => pool.release(connection),
      destroy: () => pool.destroyAsync(connection),
    });
    return {
      acquire: () => pool.acquire().then(hold),
      counts: () => ({ size: pool.size, idle: pool.available, leased: pool.acquired, waiting: pool.pending }),
      close: () => pool.closeAsync(),
      resize: (max) => {
        pool.options.max = max;
      },
      listen(listener) {
        for (const [event, saying] of Object.entries(SAYINGS)) pool.on(event, () => listener(saying));
      },
      acquireByCallback: (callback) =>
        pool.acquire((_error?: unknown, connection?: Connection) => callback(hold(connection!))),
    };
  },
};

function factoryOf(driver: Driver) {
  const { validate, reset } = driver;
  return {
    create: () => driver.create(),
    destroy: (connection: Connection) => driver.destroy(connection),
    ...(validate !== undefined && {
      validate: (connection: Connection) => validate(connection) as Promise<boolean>,
    }),
    ...(reset !== undefined && { reset }),
  };
}
