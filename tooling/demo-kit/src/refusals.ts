// Which answer an error becomes: the caller's mistake, want of connections, or a fault of ours.
import { ConnectionLostError, isPoolError, type PoolErrorCode } from '@pool/core';
import { type FastifyError } from 'fastify';
import { OverdraftError, UnknownAccountError } from './bank.ts';

const RETRY_AFTER_SECONDS = 1;
// These pass by themselves; every other error of a pool is a bug of the caller, here of this service.
const PASSING: ReadonlySet<PoolErrorCode> = new Set([
  'POOL_ACQUIRE_TIMEOUT',
  'POOL_QUEUE_FULL',
  'POOL_CONNECT_FAILED',
  'POOL_CLOSED',
]);

/** Refused for a reason the caller should know. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

export interface Refusal {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** What the caller hears. Only messages written for callers get through: others may tell of hosts, users, and SQL. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof UnknownAccountError) {
    return { statusCode: 404, code: 'UNKNOWN_ACCOUNT', message: error.message };
  }
  if (error instanceof OverdraftError) return { statusCode: 409, code: 'OVERDRAFT', message: error.message };
  if (isPoolError(error) && (PASSING.has(error.code) || isHarmless(error))) {
    const message = 'the database has no connection to spare';
    return { statusCode: 503, code: error.code, message, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }
  if (isCallersMistake(error))
    return { statusCode: error.statusCode, code: error.code, message: error.message };
  return { statusCode: 500, code: 'INTERNAL', message: 'something went wrong' };
}

/** Nothing was done: to ask again cannot do it twice. Where that is not known, the caller must not be invited to. */
function isHarmless(error: unknown): boolean {
  return error instanceof ConnectionLostError && error.retryable;
}

/** A RefusedError, or one of Fastify's own: bad JSON, a schema not met, a body too large. */
function isCallersMistake(error: unknown): error is FastifyError & { statusCode: number } {
  const statusCode = (error as Partial<FastifyError> | undefined)?.statusCode;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}
