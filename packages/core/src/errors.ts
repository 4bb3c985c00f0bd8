import type { Diagnosis } from './diagnosis.ts';
import type { PoolStats } from './stats.ts';

export type PoolErrorCode =
  | 'POOL_ACQUIRE_TIMEOUT'
  | 'POOL_QUEUE_FULL'
  | 'POOL_CONNECT_FAILED'
  | 'POOL_CLOSED'
  | 'POOL_CLOSE_TIMEOUT'
  | 'POOL_LEASE_ENDED'
  | 'POOL_NESTED_ACQUIRE'
  | 'POOL_INVALID_OPTION'
  | 'POOL_CONNECTION_LOST'
  | 'POOL_QUERY_TIMEOUT'
  | 'POOL_TRANSACTION_ABANDONED'
  | 'POOL_TRANSACTION_ENDED'
  | 'POOL_READ_ONLY_SERVER';

/** What the pool was doing for a waiter when its time ran out. */
export type AcquirePhase = 'queue' | 'create' | 'validate' | 'reset';

// Symbol.for, and not instanceof: two installed copies of this package recognise each other's errors.
const BRAND: unique symbol = Symbol.for('@pool/core/error');

/** Whether the error came from a pool of this package, whichever installed copy of it. */
export function isPoolError(error: unknown): error is PoolError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** What every error of a pool has. `code` and the fields are API; the message is for people. */
export abstract class PoolError extends Error {
  abstract readonly code: PoolErrorCode;
  /** The pool's name. */
  readonly pool: string;
  readonly [BRAND] = true;

  constructor(pool: string, message: string, options?: ErrorOptions) {
    super(`pool "${pool}": ${message}`, options);
    this.pool = pool;
  }

  static override [Symbol.hasInstance](this: { prototype: { name?: string } }, error: unknown): boolean {
    if (!isPoolError(error)) return false;
    if (Object.hasOwn(this.prototype, 'name')) return error.name === this.prototype.name;
    // Somebody's subclass is nobody else's.
    return this === PoolError || Function.prototype[Symbol.hasInstance].call(this, error);
  }
}

/** Names a class by a literal: minifiers rename classes, and instances stay free of a `name` of their own. */
function named(errorClass: { prototype: Error }, name: string): void {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true });
}

/** No connection within the caller's deadline. `cause` is the last failure to connect, when there is one. */
export class AcquireTimeoutError extends PoolError {
  readonly code = 'POOL_ACQUIRE_TIMEOUT';
  readonly phase: AcquirePhase;
  readonly waitedMs: number;
  readonly stats: PoolStats;
  readonly diagnosis: Diagnosis;

  constructor(details: {
    pool: string;
    phase: AcquirePhase;
    waitedMs: number;
    stats: PoolStats;
    diagnosis: Diagnosis;
    cause?: unknown;
  }) {
    const { pool, phase, waitedMs, stats, diagnosis, cause } = details;
    const waited = `no connection within ${Math.round(waitedMs)} ms, phase ${phase} (${describeCounts(stats)})`;
    super(pool, `${waited}; ${diagnosis.message}`, cause === undefined ? undefined : { cause });
    this.phase = phase;
    this.waitedMs = waitedMs;
    this.stats = stats;
    this.diagnosis = diagnosis;
  }
}

/** `maxWaiting` callers are waiting already. */
export class QueueFullError extends PoolError {
  readonly code = 'POOL_QUEUE_FULL';
  readonly maxWaiting: number;
  readonly stats: PoolStats;
  readonly diagnosis: Diagnosis;

  constructor(details: { pool: string; maxWaiting: number; stats: PoolStats; diagnosis: Diagnosis }) {
    const { pool, maxWaiting, stats, diagnosis } = details;
    super(pool, `${maxWaiting} callers are waiting already (${describeCounts(stats)}); ${diagnosis.message}`);
    this.maxWaiting = maxWaiting;
    this.stats = stats;
    this.diagnosis = diagnosis;
  }
}

/** A connection cannot be opened, and no retry will help soon. `cause` is the driver's error, untouched. */
export class ConnectError extends PoolError {
  readonly code = 'POOL_CONNECT_FAILED';
  /** Failures in a row so far. */
  readonly attempts: number;

  constructor(details: { pool: string; attempts: number; message: string; cause: unknown }) {
    super(details.pool, details.message, { cause: details.cause });
    this.attempts = details.attempts;
  }
}

/** The pool is closing or closed. */
export class PoolClosedError extends PoolError {
  readonly code = 'POOL_CLOSED';

  constructor(pool: string) {
    super(pool, 'is closed');
  }
}

/** `close()` waited `closeGraceMs` in vain and closed connections that were still lent. Reported by the `error` event. */
export class CloseTimeoutError extends PoolError {
  readonly code = 'POOL_CLOSE_TIMEOUT';
  readonly leasesOutstanding: number;
  readonly oldestLeaseMs: number;

  constructor(details: { pool: string; leasesOutstanding: number; oldestLeaseMs: number }) {
    const { pool, leasesOutstanding, oldestLeaseMs } = details;
    super(
      pool,
      `${leasesOutstanding} leases were cut at close, the oldest ${Math.round(oldestLeaseMs)} ms old`,
    );
    this.leasesOutstanding = leasesOutstanding;
    this.oldestLeaseMs = oldestLeaseMs;
  }
}

/** A lease was used, released or destroyed after its end. The message gives the places, where they were sampled. */
export class LeaseEndedError extends PoolError {
  readonly code = 'POOL_LEASE_ENDED';
  readonly leaseId: number;

  constructor(details: { pool: string; leaseId: number; message: string; cause?: unknown }) {
    const { pool, leaseId, message, cause } = details;
    super(pool, `lease ${leaseId} ${message}`, cause === undefined ? undefined : { cause });
    this.leaseId = leaseId;
  }
}

/** Every connection is held by callers that wait for one themselves. Only with `detectNestedAcquire`. */
export class NestedAcquireError extends PoolError {
  readonly code = 'POOL_NESTED_ACQUIRE';
  readonly stats: PoolStats;

  constructor(details: { pool: string; outer: string; stats: PoolStats }) {
    const { pool, outer, stats } = details;
    const held = `all ${stats.max} connections are held by callers that wait for another one`;
    super(pool, `${held} (${describeCounts(stats)}); this caller holds one acquired ${outer}`);
    this.stats = stats;
  }
}

/** An option is unknown, wrong, or one that the adapter cannot honour. */
export class OptionError extends PoolError {
  readonly code = 'POOL_INVALID_OPTION';
  readonly option: string;
  /** What was given: a number, a boolean, or a number's text; of anything else only its type, for it may hold a secret (P24). */
  readonly received: unknown;
  readonly expected: string;

  constructor(details: { pool: string; option: string; received?: unknown; expected: string }) {
    const { pool, option, received, expected } = details;
    const shown = withoutSecrets(received);
    const got = shown === received && typeof shown === 'string' ? JSON.stringify(shown) : String(shown);
    super(pool, `option ${option}: expected ${expected}${shown === undefined ? '' : `, got ${got}`}`);
    this.option = option;
    this.received = shown;
    this.expected = expected;
  }
}

// Of what runs on a connection. Core throws none of these: adapters do, so that one word means one thing on every database.

/**
 * What is known of a statement that was not answered.
 *
 * - `unknown`: it may have happened
 * - `not-sent`, `not-committed`: it has not
 * - `read-only`: there was nothing to happen
 */
export type LostOutcome = 'unknown' | 'not-sent' | 'not-committed' | 'read-only';

/** The connection died before the answer was there. `cause` is the driver's error, untouched. */
export class ConnectionLostError extends PoolError {
  readonly code = 'POOL_CONNECTION_LOST';
  readonly outcome: LostOutcome;
  /** Whether doing it again cannot do it twice: every outcome but `unknown`. */
  readonly retryable: boolean;

  constructor({ pool, outcome, cause }: { pool: string; outcome: LostOutcome; cause: unknown }) {
    super(pool, `the connection was lost, outcome ${outcome}`, { cause });
    this.outcome = outcome;
    this.retryable = outcome !== 'unknown';
  }
}

/** The `timeoutMs` of a call was over while the database worked on it. Whether that is stopped there, the adapter says. */
export class QueryTimeoutError extends PoolError {
  readonly code = 'POOL_QUERY_TIMEOUT';
  readonly timeoutMs: number;

  /** @param details `note`: what becomes of the work, in a few words without secrets */
  constructor(details: { pool: string; timeoutMs: number; cause?: unknown; note?: string }) {
    const { pool, timeoutMs, cause, note } = details;
    const message = `no answer within ${timeoutMs} ms${note === undefined ? '' : `; ${note}`}`;
    super(pool, message, cause === undefined ? undefined : { cause });
    this.timeoutMs = timeoutMs;
  }
}

/** A lease ended with its transaction open: it was rolled back. Told by the `error` event. */
export class TransactionAbandonedError extends PoolError {
  readonly code = 'POOL_TRANSACTION_ABANDONED';
  /** The call stack of the lease's acquire, when it was sampled. */
  readonly acquiredAt: string | undefined;

  constructor({ pool, acquiredAt }: { pool: string; acquiredAt: string | undefined }) {
    const place = acquiredAt === undefined ? '' : `; acquired\n${acquiredAt}`;
    super(pool, `a lease ended with its transaction open, which was rolled back${place}`);
    this.acquiredAt = acquiredAt;
  }
}

/**
 * A transaction was over before its work was: a statement had failed and its error was not thrown on, or one had committed by itself.
 *
 * `outcome` is `not-committed` where the database says that nothing of it was.
 */
export class TransactionEndedError extends PoolError {
  readonly code = 'POOL_TRANSACTION_ENDED';
  readonly outcome: 'not-committed' | 'unknown';

  constructor({ pool, outcome }: { pool: string; outcome: 'not-committed' | 'unknown' }) {
    super(pool, `the transaction had ended before its work did, outcome ${outcome}`);
    this.outcome = outcome;
  }
}

/** A server that should take writes refused one: its connections are retired. Told by the `error` event. */
export class ReadOnlyServerError extends PoolError {
  readonly code = 'POOL_READ_ONLY_SERVER';

  constructor(pool: string) {
    super(pool, 'the server takes no writes: its connections are closed as they become free');
  }
}

named(AcquireTimeoutError, 'AcquireTimeoutError');
named(QueueFullError, 'QueueFullError');
named(ConnectError, 'ConnectError');
named(PoolClosedError, 'PoolClosedError');
named(CloseTimeoutError, 'CloseTimeoutError');
named(LeaseEndedError, 'LeaseEndedError');
named(NestedAcquireError, 'NestedAcquireError');
named(OptionError, 'OptionError');
named(ConnectionLostError, 'ConnectionLostError');
named(QueryTimeoutError, 'QueryTimeoutError');
named(TransactionAbandonedError, 'TransactionAbandonedError');
named(TransactionEndedError, 'TransactionEndedError');
named(ReadOnlyServerError, 'ReadOnlyServerError');

function describeCounts(stats: PoolStats): string {
  const { max, size, idle, leased, creating, waiting } = stats;
  return `max=${max} size=${size} idle=${idle} leased=${leased} creating=${creating} waiting=${waiting}`;
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return /^[-+]?[\d.]{1,12}\s?(ms|s|m|h)?$/.test(value) ? value : 'a string';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : value;
}
