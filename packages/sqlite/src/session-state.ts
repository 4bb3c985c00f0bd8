import type { Database, Statement } from 'better-sqlite3';

// What a borrower can change for the next one, and SQLite can tell. Two pragmas are not offered as tables.
const PRAGMA_TABLES = [
  'analysis_limit',
  'automatic_index',
  'cache_size',
  'cache_spill',
  'cell_size_check',
  'defer_foreign_keys',
  'foreign_keys',
  'full_column_names',
  'ignore_check_constraints',
  'journal_mode',
  'journal_size_limit',
  'legacy_alter_table',
  'locking_mode',
  'max_page_count',
  'query_only',
  'read_uncommitted',
  'recursive_triggers',
  'reverse_unordered_selects',
  'secure_delete',
  'short_column_names',
  'synchronous',
  'temp_store',
  'threads',
  'trusted_schema',
  'writable_schema',
];

const SETTINGS = PRAGMA_TABLES.map((name) => `(SELECT * FROM pragma_${name}) AS ${name}`).join(', ');

/** What the session was when it was opened, to compare with at release. */
export class SessionState {
  readonly #leftovers: Statement;
  readonly #settings: Statement;
  readonly #more: readonly Statement[];
  readonly #atOpen: string;

  constructor(database: Database) {
    this.#leftovers = database.prepare(
      `SELECT (SELECT count(*) FROM sqlite_temp_master) AS temporary,
        (SELECT count(*) FROM pragma_database_list WHERE name NOT IN ('main', 'temp')) AS attached`,
    );
    this.#settings = database.prepare(
      `SELECT ${SETTINGS}, (SELECT timeout FROM pragma_busy_timeout) AS busy_timeout`,
    );
    this.#more = ['wal_autocheckpoint', 'mmap_size'].map((name) => database.prepare(`PRAGMA ${name}`));
    this.#atOpen = this.#read();
  }

  /** @throws {Error} the session is not as it was */
  check(): void {
    const { temporary, attached } = this.#leftovers.get() as { temporary: number; attached: number };
    if (temporary > 0) throw new Error('temporary tables were left behind');
    if (attached > 0) throw new Error('an attached database was left behind');
    if (this.#read() !== this.#atOpen) throw new Error('pragmas were changed: use the option `pragmas`');
  }

  #read(): string {
    return JSON.stringify([this.#settings.get(), ...this.#more.map((statement) => statement.get())]);
  }
}
