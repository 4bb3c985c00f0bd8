import type { Database } from 'better-sqlite3';
import { resolveSqliteOptions, type SqlitePoolOptions } from './options.ts';
import { claim } from './registry.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { SqlitePool } from './sqlite-pool.ts';

/**
 * Makes a pool for one SQLite file. The file is opened by `ready()` or the first call.
 *
 * @throws {OptionError} an option is unknown or wrong, the file cannot be opened like this, or another pool has it
 */
export function createSqlitePool(options: SqlitePoolOptions & { mode: 'inline' }): SqlitePool<Database>;
export function createSqlitePool(
  options: SqlitePoolOptions & { mode?: 'worker' },
): SqlitePool<SqliteConnection>;
export function createSqlitePool(
  options: SqlitePoolOptions,
): SqlitePool<Database> | SqlitePool<SqliteConnection> {
  const resolved = resolveSqliteOptions(options);
  const { location, mode, pool } = resolved;
  const unclaim = location.isPrivate ? (): void => undefined : claim(pool.name, location.filename);
  return mode === 'inline'
    ? new SqlitePool<Database>(resolved, unclaim)
    : new SqlitePool<SqliteConnection>(resolved, unclaim);
}
