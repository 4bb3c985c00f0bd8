import { MysqlPool } from './mysql-pool.ts';
import { resolveMysqlOptions, type MysqlPoolOptions } from './options.ts';

/**
 * Makes a pool of connections to one MySQL or MariaDB server. It connects when first asked.
 *
 * @throws {OptionError} an unknown option, a wrong value, or a dangerous one in the URL
 *
 * @example
 * await using pool = createMysqlPool({ connection: process.env.DATABASE_URL, pool: { max: 20 } });
 * const [rows] = await pool.query('SELECT * FROM account WHERE id = ?', [42]);
 */
export function createMysqlPool(options: MysqlPoolOptions): MysqlPool {
  return new MysqlPool(resolveMysqlOptions(options));
}
