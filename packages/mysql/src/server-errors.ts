// The numbers by which MySQL and MariaDB say what went wrong. Pure.
import type { ConnectFailureKind, LostOutcome } from '@pool/core';

const ER_PARSE = 1064;

const ER_LOCK_WAIT_TIMEOUT = 1205;
const ER_LOCK_DEADLOCK = 1213;

const ER_OPTION_PREVENTS_STATEMENT = 1290;
const ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION = 1792;
const ER_READ_ONLY_MODE = 1836;

export const ER_UNKNOWN_SYSTEM_VARIABLE = 1193;
export const ER_NO_SUCH_THREAD = 1094;

/** Too many connections: of all (1040), of this user (1203, 1226); here: of files, and of ports. */
const OVERLOAD: ReadonlySet<unknown> = new Set([1040, 1203, 1226, 'EMFILE', 'ENFILE', 'EADDRNOTAVAIL']);

/**
 * No retry will help: access denied (1044, 1045, 1698), unknown database (1049), host blocked or not allowed (1129, 1130),
 * authentication methods that do not match (1251), password expired (1862), account locked (3118, 4151); a character set or
 * collation that this server does not have, or that a client cannot use (1064, 1115, 1231, 1273).
 */
const FATAL_NUMBERS: ReadonlySet<unknown> = new Set([
  1044, 1045, 1049, 1064, 1115, 1129, 1130, 1231, 1251, 1273, 1698, 1862, 3118, 4151,
]);
const FATAL_CODES: ReadonlySet<unknown> = new Set(['HANDSHAKE_NO_SSL_SUPPORT', 'AUTH_SWITCH_PLUGIN_ERROR']);

interface DriverError {
  readonly errno?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly fatal?: unknown;
  readonly message?: unknown;
  readonly sqlState?: unknown;
}

const asDriverError = (error: unknown): DriverError =>
  typeof error === 'object' && error !== null ? error : {};

export const errorNumberOf = (error: unknown): unknown => asDriverError(error).errno;

export function classifyConnectError(error: unknown): ConnectFailureKind {
  const { errno, code } = asDriverError(error);
  if (OVERLOAD.has(errno) || OVERLOAD.has(code)) return 'overload';
  if (FATAL_NUMBERS.has(errno) || FATAL_CODES.has(code) || isBadCertificate(error)) return 'fatal';
  // mysql2 throws these for a configuration that it does not understand.
  return error instanceof TypeError ? 'fatal' : 'transient';
}

/** mysql2 gives every failure of TLS one code, also a connection that broke meanwhile. */
function isBadCertificate(error: unknown): boolean {
  const { code, syscall, message } = asDriverError(error);
  return (
    code === 'HANDSHAKE_SSL_ERROR' &&
    syscall === undefined &&
    !String(message).includes('disconnected before secure')
  );
}

/** The transaction goes through when it is run again as a whole. */
export function isConflict(error: unknown): boolean {
  const { errno } = asDriverError(error);
  return errno === ER_LOCK_DEADLOCK || errno === ER_LOCK_WAIT_TIMEOUT;
}

/** The server's last word on a connection: shut down (1053), killed (1927, 3169), idle for too long (4031). */
const FAREWELLS: ReadonlySet<unknown> = new Set([1053, 1927, 3169, 4031]);

/** The server has failed the statement, and ends the connection. */
export function isFarewell(errorNumber: unknown): boolean {
  return FAREWELLS.has(errorNumber);
}

/** The connection is gone, or is about to be. */
export function isConnectionLost(error: unknown): boolean {
  const { fatal, errno } = asDriverError(error);
  return fatal === true || isFarewell(errno);
}

/** What is known of a statement, not a COMMIT, whose connection was lost. */
export function outcomeOf(error: unknown, isRead: boolean): LostOutcome {
  const { message, errno } = asDriverError(error);
  // mysql2 knew already that the connection is closed.
  if (String(message).startsWith("Can't add new command")) return 'not-sent';
  if (isRead) return 'read-only';
  return isFarewell(errno) ? 'not-committed' : 'unknown';
}

/** The server's answer to a statement; the connection goes on. */
export function isServerError(error: unknown): error is Error {
  return error instanceof Error && asDriverError(error).sqlState !== undefined && !isConnectionLost(error);
}

/** Nothing of the statement has run. Names are another matter: those in a trigger are looked up when their turn comes. */
export function isParseError(errorNumber: number): boolean {
  return errorNumber === ER_PARSE;
}

/** The server has rolled back the whole transaction, not only the statement. */
export function endsTransaction(errorNumber: number): boolean {
  return errorNumber === ER_LOCK_DEADLOCK;
}

/**
 * The server takes no writes: after a failover, one is connected to what was the primary.
 *
 * @param isOwn whether the session itself may have asked for a transaction that only reads
 */
export function isServerReadOnly(errorNumber: number, message: () => string, isOwn: boolean): boolean {
  if (errorNumber === ER_READ_ONLY_MODE) return true;
  if (errorNumber === ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION) return !isOwn;
  // Also said of --secure-file-priv, --skip-grant-tables and others.
  return errorNumber === ER_OPTION_PREVENTS_STATEMENT && /read.only/i.test(message());
}
