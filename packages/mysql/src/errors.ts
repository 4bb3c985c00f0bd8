/** The pool's own errors about statements. The server's come as mysql2 makes them, with `errno` and `code`. */

/** `timeoutMs` of a call was over while its statement ran. It is being stopped on the server. */
export class QueryTimeoutError extends Error {
  readonly code = 'MYSQL_QUERY_TIMEOUT';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.name = 'QueryTimeoutError';
    this.timeoutMs = timeoutMs;
  }
}

/**
 * What is known of a statement whose connection was lost.
 *
 * - `unknown`: it may have happened
 * - `not-sent`, `not-committed`: it has not
 * - `read-only`: there was nothing to happen
 */
export type LostOutcome = 'unknown' | 'not-sent' | 'not-committed' | 'read-only';

/** The connection broke before the answer was there. `cause` is mysql2's error. */
export class ConnectionLostError extends Error {
  readonly code = 'MYSQL_CONNECTION_LOST';
  readonly outcome: LostOutcome;
  /** Whether doing it again cannot do it twice. */
  readonly retryable: boolean;

  constructor(outcome: LostOutcome, cause: unknown) {
    super(`the connection was lost, outcome ${outcome}`, { cause });
    this.name = 'ConnectionLostError';
    this.outcome = outcome;
    this.retryable = outcome !== 'unknown';
  }
}

/** A lease ended with its transaction open; it has been rolled back. Told by the pool's `error` event. */
export class AbandonedTransactionError extends Error {
  readonly code = 'MYSQL_TRANSACTION_ABANDONED';
  /** The call stack of the lease's acquire, when it was sampled. */
  readonly acquiredAt: string | undefined;

  constructor(acquiredAt: string | undefined) {
    const place = acquiredAt === undefined ? '' : `; acquired ${acquiredAt.split('\n', 1)[0]}`;
    super(`a lease ended with its transaction open, which is rolled back${place}`);
    this.name = 'AbandonedTransactionError';
    this.acquiredAt = acquiredAt;
  }
}

/**
 * The transaction had ended before its work did: rolled back by the server for a deadlock whose error the work kept to itself, or
 * committed by a statement such as ALTER TABLE. What came after ran on its own.
 */
export class TransactionEndedError extends Error {
  readonly code = 'MYSQL_TRANSACTION_ENDED';

  constructor() {
    super('the transaction had ended before its work did');
    this.name = 'TransactionEndedError';
  }
}

/** A statement was refused because the server takes no writes: it may not be the primary any more. Told by the `error` event. */
export class ReadOnlyServerError extends Error {
  readonly code = 'MYSQL_READ_ONLY_SERVER';

  constructor() {
    super('the server takes no writes: its connections are closed as they become free');
    this.name = 'ReadOnlyServerError';
  }
}
