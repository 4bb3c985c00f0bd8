/**
 * What the first word of a statement says about it.
 *
 * - `read`: reads, unless it says otherwise further on; SQLite is asked
 * - `write`: writes rows and leaves nothing behind in its session
 * - `session`: ends or begins a transaction, or attaches: it needs a lease to mean anything
 * - `other`: definitions, pragmas, VACUUM: not in a group, and the session is checked afterwards
 */
export type StatementKind = 'read' | 'write' | 'session' | 'other';

const KINDS: Readonly<Record<string, StatementKind>> = {
  SELECT: 'read',
  VALUES: 'read',
  WITH: 'read',
  EXPLAIN: 'read',
  PRAGMA: 'other',
  INSERT: 'write',
  REPLACE: 'write',
  UPDATE: 'write',
  DELETE: 'write',
  BEGIN: 'session',
  COMMIT: 'session',
  END: 'session',
  ROLLBACK: 'session',
  SAVEPOINT: 'session',
  RELEASE: 'session',
  ATTACH: 'session',
  DETACH: 'session',
};

// White space, comments and empty statements may come before the first word.
const FIRST_WORD = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*([a-z]+)/i;

export function firstWord(sql: string): string {
  return (FIRST_WORD.exec(sql)?.[1] ?? '').toUpperCase();
}

export function kindOf(sql: string): StatementKind {
  return KINDS[firstWord(sql)] ?? 'other';
}
