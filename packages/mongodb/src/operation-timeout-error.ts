/**
 * What a call did until its `timeoutMs` was not enough. Reads were stopped; a write that was sent may still be done by the server.
 */
export class OperationTimeoutError extends Error {
  readonly code = 'MONGODB_OPERATION_TIMEOUT';
  readonly timeoutMs: number;
  readonly pool: string;

  constructor(pool: string, timeoutMs: number, cause?: unknown) {
    const message = `pool "${pool}": not done within ${timeoutMs} ms; a write that was sent may still be done by the server`;
    super(message, cause === undefined ? undefined : { cause });
    this.pool = pool;
    this.timeoutMs = timeoutMs;
  }
}

Object.defineProperty(OperationTimeoutError.prototype, 'name', { value: 'OperationTimeoutError' });
