import { resolvePostgresOptions, type PostgresPoolOptions } from './options.ts';
import { PostgresPool } from './postgres-pool.ts';

/**
 * Makes a pool of pg's clients. It connects when first asked.
 *
 * @throws {OptionError} an option is unknown or wrong, or the URL says more than where the server is
 *
 * @example
 * await using pool = createPostgresPool({ connection: process.env.DATABASE_URL });
 * const { rows } = await pool.query('SELECT * FROM account WHERE name = $1', ['ada']);
 */
export function createPostgresPool(options: PostgresPoolOptions): PostgresPool {
  return new PostgresPool(resolvePostgresOptions(options));
}
