import { createPool, type Lease, type PoolEventName } from '@pool/core';
import type { Adapter, Connection, Driver, Held, Saying } from '../pool-under-test.ts';

const SAYINGS: Readonly<Record<PoolEventName, Saying>> = {
  'connection:created': 'opened',
  'connection:closed': 'closed',
  'connect:failed': 'other',
  'lease:acquired': 'lent',
  'lease:released': 'released',
  'lease:overdue': 'other',
  'acquire:failed': 'other',
  'pool:cleared': 'other',
  'pool:closed': 'other',
  error: 'other',
};

const hold = (lease: Lease<Connection>): Held => ({
  connection: lease.connection,
  release: () => lease.release(),
  destroy: () => lease.destroy(),
});

export const adapter: Adapter = {
  name: '@pool/core',
  packageName: '@pool/core',
  lacks: {},
  open(settings, driver) {
    const {
      max,
      min,
      acquireTimeoutMs,
      destroyTimeoutMs,
      idleTimeoutMs,
      maxLifetimeMs,
      maxUses,
      maxWaiting,
    } = settings;
    const options = {
      max,
      min,
      acquireTimeoutMs,
      destroyTimeoutMs,
      idleTimeoutMs,
      maxLifetimeMs,
      maxUses,
      maxWaiting,
    };
    // Validates always, as the others do.
    const pool = createPool<Connection>(factoryOf(driver), {
      ...options,
      validateAfterIdleMs: 0,
      maxLifetimeJitter: 0,
    });
    return {
      acquire: async () => hold(await pool.acquire()),
      counts: () => pool.stats(),
      close: () => pool.close(),
      use: (work) => pool.use(work),
      clear: () => pool.clear(),
      resize: (newMax) => pool.resize({ max: newMax }),
      listen(listener) {
        for (const [event, saying] of Object.entries(SAYINGS))
          pool.on(event as PoolEventName, () => listener(saying));
      },
    };
  },
};

function factoryOf(driver: Driver) {
  const { validate, reset } = driver;
  const validateOrThrow = (connection: Connection): void | Promise<void> => {
    const isValid = validate!(connection);
    if (typeof isValid !== 'boolean') return isValid.then(mustBe);
    mustBe(isValid);
  };
  return {
    create: () => driver.create(),
    destroy: (connection: Connection) => driver.destroy(connection),
    ...(validate !== undefined && { validate: validateOrThrow }),
    ...(reset !== undefined && { reset }),
  };
}

function mustBe(isValid: boolean): void {
  if (!isValid) throw new Error('the connection is invalid');
}
