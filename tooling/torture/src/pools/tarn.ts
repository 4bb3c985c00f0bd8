import { Pool } from 'tarn';
import type { Adapter, Connection, Held, PoolUnderTest, Saying } from '../pool-under-test.ts';

const SAYINGS: Readonly<Record<string, Saying>> = {
  acquireRequest: 'other',
  acquireSuccess: 'lent',
  acquireFail: 'other',
  release: 'released',
  createRequest: 'other',
  createSuccess: 'opened',
  createFail: 'other',
  destroyRequest: 'other',
  destroySuccess: 'closed',
  destroyFail: 'other',
  startReaping: 'other',
  stopReaping: 'other',
  poolDestroyRequest: 'other',
  poolDestroySuccess: 'other',
};

export const adapter: Adapter = {
  name: 'tarn',
  packageName: 'tarn',
  lacks: {
    use: 'it has no use()',
    'own-work': 'it has no use()',
    clear: 'it has no clear()',
    resize: 'it has no documented way to change max',
  },
  open(settings, driver): PoolUnderTest {
    const broken = new WeakSet<Connection>();
    // It takes a promise, too, says its documentation.
    const validate = (connection: Connection): boolean =>
      !broken.has(connection) && ((driver.validate?.(connection) ?? true) as boolean);
    const pool = new Pool<Connection>({
      create: () => driver.create(),
      destroy: (connection) => driver.destroy(connection),
      min: settings.min,
      max: settings.max,
      acquireTimeoutMillis: settings.acquireTimeoutMs,
      destroyTimeoutMillis: settings.destroyTimeoutMs,
      idleTimeoutMillis: settings.idleTimeoutMs,
      reapIntervalMillis: settings.sweepMs,
      validate,
    });
    const hold = (connection: Connection): Held => ({
      connection,
      release: () => void pool.release(connection),
      // It has no verb for it: a borrower that knows better says so by validate.
      destroy: () => {
        broken.add(connection);
        pool.release(connection);
      },
    });
    return {
      acquire: () => pool.acquire().promise.then(hold),
      counts: () => ({
        size: pool.numUsed() + pool.numFree() + pool.numPendingCreates(),
        idle: pool.numFree(),
        leased: pool.numUsed(),
        waiting: pool.numPendingAcquires(),
      }),
      close: () => pool.destroy(),
      listen(listener) {
        for (const [event, saying] of Object.entries(SAYINGS))
          pool.on(event as 'release', () => listener(saying));
      },
    };
  },
};
