import type { Client, PoolClient } from 'pg';
import PgPool from 'pg-pool';
import type { Adapter, Driver, Held, Saying } from '../pool-under-test.ts';
import { stubClientOf, type StubClient, type StubQuery } from './stub-client.ts';

type Leased = Client & PoolClient;

const SAYINGS = { connect: 'opened', acquire: 'lent', release: 'released', remove: 'closed' } as const;

export const adapter: Adapter = {
  name: 'pg-pool',
  packageName: 'pg-pool',
  lacks: {
    clear: 'it has no clear()',
    'own-work': 'its query() runs no code of the caller',
    resize: 'it has no documented way to change max',
    'destroy-failure': 'client.end() reports no failure',
    'throwing-validate': 'its verify answers by a callback',
  },
  open(settings, driver) {
    const pool = new PgPool<Client>(
      {
        max: settings.max,
        min: settings.min,
        connectionTimeoutMillis: settings.acquireTimeoutMs,
        idleTimeoutMillis: settings.idleTimeoutMs,
        maxLifetimeSeconds: settings.maxLifetimeMs === Infinity ? 0 : settings.maxLifetimeMs / 1_000,
        maxUses: settings.maxUses,
        allowExitOnIdle: true,
        ...(driver.validate !== undefined && { verify: verifyOf(driver.validate) }),
      },
      stubClientOf(driver),
    );
    // As its documentation asks for.
    pool.on('error', () => {});
    return {
      acquire: () => pool.connect().then(hold),
      counts: () => ({
        size: pool.totalCount,
        idle: pool.idleCount,
        leased: pool.totalCount - pool.idleCount,
        waiting: pool.waitingCount,
      }),
      close: () => pool.end(),
      use: (work) => {
        const query: StubQuery = { text: 'the work', work };
        return pool.query(query) as unknown as ReturnType<typeof work>;
      },
      listen(listener) {
        for (const [event, saying] of Object.entries(SAYINGS)) {
          pool.on(event as 'acquire', () => listener(saying satisfies Saying));
        }
      },
      acquireByCallback: (callback) => pool.connect((_error, client) => callback(hold(client!))),
    };
  },
};

function hold(client: Leased): Held {
  return {
    connection: connectionOf(client),
    release: () => client.release(),
    destroy: () => client.release(true),
  };
}

function connectionOf(client: unknown) {
  return (client as StubClient).connected;
}

/** `verify` looks at new connections only. */
function verifyOf(validate: NonNullable<Driver['validate']>) {
  return (client: PoolClient, done: (error?: Error) => void): void => {
    Promise.resolve(validate(connectionOf(client))).then(
      (isValid) => process.nextTick(done, isValid ? undefined : new Error('the connection is invalid')),
      (error: unknown) => process.nextTick(done, error),
    );
  };
}
