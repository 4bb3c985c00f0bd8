// For those who hold a pool of mysql2: the same pool, lending by our engine.
import type { PoolOptions as CoreOptions } from '@pool/core';
import { assemble } from './assemble.ts';
import { CallbackPool } from './mysql2/callback-pool.ts';
import { type PoolOptions, resolveSettings } from './mysql2/options.ts';
import { PooledConnection } from './mysql2/pooled-connection.ts';
import type { PromisePool } from './mysql2/promise-pool.ts';
import { resolveMysqlOptions } from './options.ts';
import { classifyConnectError } from './server-errors.ts';

export type { PoolOptions } from './mysql2/options.ts';
export type { CallbackPool } from './mysql2/callback-pool.ts';
export type { PromisePool as Pool } from './mysql2/promise-pool.ts';

/**
 * Makes a pool that behaves as the one of `mysql2/promise`; its `pool` property is the callback flavour of the same pool.
 *
 * @param options mysql2's own options, or a URL
 * @param pool our pool's options that mysql2 has no word for, such as `acquireTimeoutMs`
 *
 * @throws {OptionError} a wrong value, or a dangerous one in the URL
 *
 * @example
 * const pool = createPool({ host: 'localhost', user: 'shop', connectionLimit: 20 });
 * const [rows] = await pool.query('SELECT * FROM account WHERE id = ?', [42]);
 */
export function createPool(options: PoolOptions | string, pool?: CoreOptions): PromisePool {
  const settings = resolveSettings(options, pool);
  const { connection: server, reset } = settings;
  const resolved = resolveMysqlOptions({ connection: server, pool: settings.pool, reset });
  let wasThere = false;
  const { core } = assemble(resolved, {
    open: (driverOptions) => new PooledConnection(driverOptions, settings.isGraceful),
    onOpened: (opened) => {
      wasThere = true;
      return callbacks.opened(opened.connection as PooledConnection);
    },
    classify: (error) => {
      const kind = classifyConnectError(error);
      // mysql2's pool tells of a connect that failed. A server that was there is waited for: it restarts.
      return kind === 'transient' && !wasThere ? 'unavailable' : kind;
    },
    onAbandoned: () => {},
  });
  const callbacks: CallbackPool = new CallbackPool(core, settings);
  return callbacks.promise(settings.promise);
}
