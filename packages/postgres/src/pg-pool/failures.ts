// Owns pg-pool's words for what can go wrong: applications match them.
import { AcquireTimeoutError, ConnectError, PoolClosedError } from '@pool/core';
import { codeOf } from '../errors.ts';

export const ENDED = 'Cannot use a pool after calling end on the pool';
export const ENDED_TWICE = 'Called end on pool more than once';
export const RELEASED_TWICE = 'Release called on client which has already been released to the pool.';
export const FUNCTION_FIRST = 'Passing a function as the first parameter to pool.query is not supported';
const NO_CLIENT = 'timeout exceeded when trying to connect';
const CONNECT_TOO_SLOW = 'Connection terminated due to connection timeout';

/** The core's error as pg-pool would tell it. The core's own, with its counts and diagnosis, is the cause. */
export function asPgPool(error: unknown): unknown {
  if (error instanceof AcquireTimeoutError) return new Error(NO_CLIENT, { cause: error });
  if (error instanceof PoolClosedError) return new Error(ENDED, { cause: error });
  if (!(error instanceof ConnectError)) return error;
  const { cause } = error;
  return codeOf(cause) === 'CREATE_TIMEOUT' ? new Error(CONNECT_TOO_SLOW, { cause: error }) : cause;
}
