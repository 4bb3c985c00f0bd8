// Owns what an error means: to the caller who gets it, to the connection it came from, and to the next attempt to connect.
import type { ConnectFailureKind } from '@pool/core';

/** What may have happened to a statement whose connection died. */
export type Outcome =
  /** Nobody knows: it may have been carried out, and committed. */
  | 'unknown'
  /** Nothing was sent. */
  | 'not-sent'
  /** It was part of a transaction that cannot have been committed. */
  | 'not-committed';

/** The connection died before the answer came. `cause` is the driver's error. */
export class ConnectionLostError extends Error {
  readonly code = 'POSTGRES_CONNECTION_LOST';
  readonly outcome: Outcome;
  /** Running the same again cannot do it twice. */
  readonly retryable: boolean;

  constructor(outcome: Outcome, options: { cause: unknown; isReadOnly?: boolean }) {
    super(`the connection was lost, outcome ${outcome} (${codeOf(options.cause) ?? 'no code'})`, options);
    this.outcome = outcome;
    this.retryable = outcome !== 'unknown' || options.isReadOnly === true;
  }
}

/** The statement, or the transaction, took longer than its `timeoutMs`. It was cancelled on the server. */
export class QueryTimeoutError extends Error {
  readonly code = 'POSTGRES_QUERY_TIMEOUT';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms: cancelled`);
    this.timeoutMs = timeoutMs;
  }
}

/** COMMIT was answered by ROLLBACK: a statement had failed, and the work went on as if it had not. Nothing is committed. */
export class TransactionAbortedError extends Error {
  readonly code = 'POSTGRES_TRANSACTION_ABORTED';

  constructor() {
    super(
      'nothing was committed: a statement of the transaction had failed, and its error was not thrown on',
    );
  }
}

/** A lease ended with its transaction open: it was rolled back. Reported by the `error` event. */
export class TransactionAbandonedError extends Error {
  readonly code = 'POSTGRES_TRANSACTION_ABANDONED';
  /** The call stack of the lease's acquire, when it was sampled. */
  readonly acquiredAt: string | undefined;

  constructor(acquiredAt: string | undefined) {
    super(
      `a lease ended with its transaction open${acquiredAt === undefined ? '' : `; acquired\n${acquiredAt}`}`,
    );
    this.acquiredAt = acquiredAt;
  }
}

/** A server that took writes takes none any more: its connections are retired. Reported by the `error` event. */
export class ReadOnlyServerError extends Error {
  readonly code = 'POSTGRES_READ_ONLY_SERVER';

  constructor() {
    super('the server has become read-only: looking for one that takes writes');
  }
}

for (const [errorClass, name] of [
  [ConnectionLostError, 'ConnectionLostError'],
  [QueryTimeoutError, 'QueryTimeoutError'],
  [TransactionAbortedError, 'TransactionAbortedError'],
  [TransactionAbandonedError, 'TransactionAbandonedError'],
  [ReadOnlyServerError, 'ReadOnlyServerError'],
] as const) {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true });
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

// Shut down, crashed, starting, database dropped, idle too long; idle in transaction, transaction too long; protocol.
const ENDS_CONNECTION = /^(57P0[1-5]|25P0[34]|08)/;

/** Whether the server ends the connection with this error. */
export function isFatal(error: { severity?: string; code?: string }): boolean {
  // The severity is in the server's language; the codes are not.
  return error.severity === 'FATAL' || error.severity === 'PANIC' || ENDS_CONNECTION.test(error.code ?? '');
}

/** Serialization failure and deadlock: the whole transaction can be run again. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

export function isCancelled(error: unknown): boolean {
  return codeOf(error) === '57014';
}

export function isRefusedWrite(error: unknown): boolean {
  return codeOf(error) === '25006';
}

export function isWrongPassword(error: unknown): boolean {
  return codeOf(error) === '28P01';
}

// Full: of connections, of what is configured, of memory; here: of files and ports.
const OVERLOADED = /^(53[234]00|EMFILE|ENFILE|EADDRNOTAVAIL)$/;
// Authorization, unknown database or role, not allowed to connect; certificates.
const HOPELESS =
  /^(28|3D000|42501|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|ERR_INVALID_ARG)/;
// The driver gives these no code.
const HOPELESS_MESSAGE = /does not support SSL|^SASL|password must be a string/i;

/** What a failure to connect means. */
export function classify(error: unknown): ConnectFailureKind {
  const code = codeOf(error) ?? '';
  if (OVERLOADED.test(code)) return 'overload';
  if (HOPELESS.test(code)) return 'fatal';
  return code === '' && error instanceof Error && HOPELESS_MESSAGE.test(error.message)
    ? 'fatal'
    : 'transient';
}
