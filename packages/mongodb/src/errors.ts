/**
 * What a call did was not done within its `timeoutMs`. Reads were stopped; a write that was sent may still be done by the server.
 * `cause`, in a transaction, is the error of its last attempt.
 */
export class OperationTimeoutError extends Error {
  readonly code = 'MONGODB_OPERATION_TIMEOUT';
  readonly pool: string;
  readonly timeoutMs: number;

  constructor(pool: string, timeoutMs: number, cause?: unknown) {
    const message = `pool "${pool}": not done within ${timeoutMs} ms; a write that was sent may still be done by the server`;
    super(message, cause === undefined ? undefined : { cause });
    this.pool = pool;
    this.timeoutMs = timeoutMs;
  }
}

/** A lease ended with its transaction open: it was aborted. Told by the `error` event. */
export class TransactionAbandonedError extends Error {
  readonly code = 'MONGODB_TRANSACTION_ABANDONED';
  /** The call stack of its acquire; undefined when that was not sampled. */
  readonly acquiredAt: string | undefined;

  constructor(acquiredAt: string | undefined) {
    super('a lease ended with its transaction open, which was aborted');
    this.acquiredAt = acquiredAt;
  }
}

/** A lease ended with cursors or change streams open: they were closed. Told by the `error` event. */
export class CursorsAbandonedError extends Error {
  readonly code = 'MONGODB_CURSORS_ABANDONED';
  readonly count: number;
  /** The call stack of its acquire; undefined when that was not sampled. */
  readonly acquiredAt: string | undefined;

  constructor(count: number, acquiredAt: string | undefined) {
    super(`a lease ended with ${count} cursors open, which were closed`);
    this.count = count;
    this.acquiredAt = acquiredAt;
  }
}

// Literals: minifiers rename classes.
for (const [errorClass, name] of [
  [OperationTimeoutError, 'OperationTimeoutError'],
  [TransactionAbandonedError, 'TransactionAbandonedError'],
  [CursorsAbandonedError, 'CursorsAbandonedError'],
] as const)
  Object.defineProperty(errorClass.prototype, 'name', { value: name });
