import { join } from 'node:path';
import Database from 'better-sqlite3';

export type Durability = 'normal' | 'full';

/** What people wait for a lock today, and better-sqlite3's own default. */
const BUSY_TIMEOUT_MS = 5_000;

export const INSERT = 'INSERT INTO entry (client, body) VALUES (?, ?)';
export const READ_COUNT = 'SELECT count FROM counter WHERE id = 1';
export const BODY = 'x'.repeat(100);

/** How a user opens a file with better-sqlite3 and no pool. */
export function openFile(filename: string, durability: Durability): Database.Database {
  const database = new Database(filename, { timeout: BUSY_TIMEOUT_MS });
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${durability}`);
  return database;
}

/** Makes the file that all contestants write to. */
export function prepareFile(directory: string): string {
  const filename = join(directory, 'bench.db');
  const database = openFile(filename, 'normal');
  database.exec(`
    CREATE TABLE entry (id INTEGER PRIMARY KEY, client INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE TABLE counter (id INTEGER PRIMARY KEY, count INTEGER NOT NULL);
    INSERT INTO counter VALUES (1, 0);
  `);
  database.close();
  return filename;
}
