import Database from 'better-sqlite3';

/** An error on its way between two threads: class and `code` do not survive a structured clone. */
export interface EncodedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

const REBUILT: Readonly<Record<string, new (message: string) => Error>> = { Error, RangeError, TypeError };

// The file itself is damaged, replaced or out of reach: the connection is of no use to the next borrower.
const DAMAGED = /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN)/;

/** Opening again cannot help until somebody has changed the file, its place or the options. */
const HOPELESS =
  /^(SQLITE_(CANTOPEN|NOTADB|CORRUPT|READONLY|PERM|AUTH|ERROR|MISUSE)|(ERR_)?MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)/;

export function encodeError(error: unknown): EncodedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  const code = codeOf(error);
  return code === undefined ? { name, message } : { name, message, code };
}

/** The error as the driver threw it in the other thread: same class, same `code`. */
export function decodeError({ name, message, code }: EncodedError): Error {
  if (name === 'SqliteError') return new Database.SqliteError(message, code ?? 'SQLITE_ERROR');
  const error = new (REBUILT[name] ?? Error)(message);
  return code === undefined ? error : Object.assign(error, { code });
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Somebody else has the lock now. Not SQLITE_BUSY_SNAPSHOT: waiting never helps a snapshot that is too old to write. */
export function isLocked(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'SQLITE_BUSY' || code === 'SQLITE_BUSY_RECOVERY';
}

export function isDamaged(error: unknown): boolean {
  return DAMAGED.test(codeOf(error) ?? '');
}

/** Whether opening failed for good: the driver's refusals (TypeError) and what the file itself says. */
export function isHopeless(error: unknown): boolean {
  return error instanceof TypeError || HOPELESS.test(codeOf(error) ?? '');
}

export function lockedError(waitedMs: number): Error {
  const waited = `waited ${Math.round(waitedMs)} ms for a lock that another process holds`;
  return new Database.SqliteError(`database is locked: ${waited}`, 'SQLITE_BUSY');
}
