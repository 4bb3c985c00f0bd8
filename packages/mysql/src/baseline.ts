// Brings a session into the state in which every borrower finds it, after it was opened and after the server reset it.
import mysql from 'mysql2';
import type { MysqlConnection } from './connection.ts';
import { ER_UNKNOWN_SYSTEM_VARIABLE, errorNumberOf } from './server-errors.ts';
import { internalsOf } from './wire.ts';

const CLIENT_IGNORE_SPACE = 0x0100;

const COLLATIONS: ReadonlyMap<number, string> = new Map(
  Object.entries(mysql.Charsets as unknown as Record<string, number>)
    // Aliases such as UTF8MB4 name a character set.
    .filter(([name]) => name.includes('_') || name === 'BINARY')
    .map(([name, number]) => [number, name.toLowerCase()]),
);

export class Baseline {
  readonly #database: string | undefined;
  /** Old servers have no such tracker: then only the statements' texts tell. */
  #hasTracker = true;

  constructor(database: string | undefined) {
    this.#database = database;
  }

  get canReturn(): boolean {
    return this.#database !== undefined;
  }

  /**
   * MySQL's reset brings the server's character set, not the connection's; MariaDB's forgets the one sql_mode that mysql2 asks for in
   * its handshake. Both stop telling of changes.
   */
  async apply(connection: MysqlConnection, charsetNumber: number): Promise<void> {
    const collation = COLLATIONS.get(charsetNumber) ?? 'utf8mb4_unicode_ci';
    const charset = collation.split('_', 1)[0]!;
    const settings = [`NAMES ${charset} COLLATE ${collation}`];
    if (asksForIgnoreSpace(connection)) settings.push("sql_mode = CONCAT(@@sql_mode, ',IGNORE_SPACE')");
    if (this.#hasTracker) {
      try {
        await connection.query(`SET ${[...settings, 'session_track_state_change = 1'].join(', ')}`);
        return;
      } catch (error) {
        if (errorNumberOf(error) !== ER_UNKNOWN_SYSTEM_VARIABLE) throw error;
        this.#hasTracker = false;
      }
    }
    await connection.query(`SET ${settings.join(', ')}`);
  }

  /** A reset leaves the default schema as it is. */
  async returnToDatabase(connection: MysqlConnection): Promise<void> {
    await connection.query(`USE ${mysql.escapeId(this.#database)}`);
  }
}

function asksForIgnoreSpace({ connection }: MysqlConnection): boolean {
  const { config, _isMariaDB: isMariaDb } = internalsOf(connection);
  return isMariaDb && (config.clientFlags & CLIENT_IGNORE_SPACE) !== 0;
}
