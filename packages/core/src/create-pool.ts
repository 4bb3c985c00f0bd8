import type { Clock } from './clock.ts';
import type { Factory } from './factory.ts';
import { systemClock } from './internal/system-clock.ts';
import { type PoolOptions, resolveOptions } from './options.ts';
import { Pool } from './pool.ts';

/** What a pool takes from its surroundings. */
export interface PoolEnvironment {
  /** @defaultValue the process's monotonic clock and timers */
  clock?: Clock;
}

/**
 * Makes a pool. It connects when first asked: by `acquire()`, `use()` or `ready()`.
 *
 * @throws {OptionError} an unknown option or a wrong value
 *
 * @example
 * const pool = createPool({ create: () => connect(url), destroy: (connection) => connection.end() }, { max: 5 });
 * const rows = await pool.use((connection) => connection.query('select 1'));
 * await pool.close();
 */
export function createPool<C>(
  factory: Factory<C>,
  options?: PoolOptions,
  environment: PoolEnvironment = {},
): Pool<C> {
  return new Pool(factory, resolveOptions(options), environment.clock ?? systemClock);
}
