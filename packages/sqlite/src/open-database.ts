import Database from 'better-sqlite3';
import type { OpenSettings } from './protocol.ts';
import { isLocked } from './sqlite-error.ts';

const MIB = 1024 * 1024;

/** Opens the file and sets the session up. Throws SQLITE_BUSY when another process is in the way: try again. */
export function openDatabase(settings: OpenSettings): Database.Database {
  const { filename, driver, role } = settings;
  // busy_timeout 0: SQLite would wait by blocking the thread, and let later callers overtake.
  const options = { ...driver, timeout: 0, readonly: role === 'reader' };
  const database = new Database(filename, options);
  try {
    if (role === 'writer') setUpWriter(database, settings);
    else setUpReader(database);
    for (const [name, value] of Object.entries(settings.pragmas)) {
      database.pragma(`${name} = ${typeof value === 'boolean' ? Number(value) : value}`);
    }
    // The first touch of the file: says now that it is no database, and not to the first caller.
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function setUpWriter(database: Database.Database, { isPrivate, durability }: OpenSettings): void {
  if (!isPrivate) {
    const answer = database.pragma('journal_mode = WAL', { simple: true });
    if (answer !== 'wal')
      throw new TypeError(`SQLite keeps journal_mode ${String(answer)} for this file, WAL is needed`);
  }
  database.pragma(`synchronous = ${durability}`);
  database.pragma('foreign_keys = ON');
  database.pragma('temp_store = MEMORY');
  database.pragma('cache_size = -16000');
  database.pragma(`journal_size_limit = ${64 * MIB}`);
  database.pragma('wal_autocheckpoint = 1000');
  database.pragma('trusted_schema = OFF');
  optimize(database, '= 0x10002');
}

function setUpReader(database: Database.Database): void {
  database.pragma('query_only = ON');
  database.pragma('cache_size = -4000');
  database.pragma('temp_store = MEMORY');
  database.pragma('trusted_schema = OFF');
}

/** Refreshes the planner's statistics where they are stale; not worth waiting for a lock. */
export function optimize(database: Database.Database, argument = ''): void {
  try {
    database.pragma(`optimize ${argument}`);
  } catch (error) {
    if (!isLocked(error)) throw error;
  }
}
