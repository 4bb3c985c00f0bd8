import { describe, expect, test, vi } from 'vitest';
import {
  AcquireTimeoutError,
  CloseTimeoutError,
  ConnectError,
  ConnectionLostError,
  isPoolError,
  LeaseEndedError,
  NestedAcquireError,
  OptionError,
  PoolClosedError,
  PoolError,
  QueryTimeoutError,
  QueueFullError,
  ReadOnlyServerError,
  TransactionAbandonedError,
  TransactionEndedError,
} from '../src/index.ts';
import type * as core from '../src/index.ts';
import { poolOf } from './support/pool-of.ts';
import { failureOf, thrownBy, watch } from './support/promises.ts';

type Copy = typeof core;

const NAME = 'orders';
const driverError = Object.assign(new Error('password authentication failed'), { code: '28P01' });

/** How to bring about each error, as a user meets it. */
const provoke = {
  async AcquireTimeoutError() {
    const { pool, clock } = poolOf({ name: NAME, max: 1, acquireTimeoutMs: 50 });
    await pool.acquire();
    const waiter = watch(pool.acquire());
    await clock.advance(50);
    return waiter.error;
  },
  async QueueFullError() {
    const { pool } = poolOf({ name: NAME, max: 1, maxWaiting: 0 });
    return failureOf(pool.acquire());
  },
  async ConnectError() {
    const { pool } = poolOf(
      { name: NAME },
      { create: { kind: 'fail', error: driverError }, classify: 'fatal' },
    );
    return failureOf(pool.acquire());
  },
  async PoolClosedError() {
    const { pool } = poolOf({ name: NAME });
    await pool.close();
    return failureOf(pool.acquire());
  },
  async CloseTimeoutError() {
    const { pool, clock, events } = poolOf({ name: NAME, closeGraceMs: 50 });
    await pool.acquire();
    void pool.close();
    await clock.advance(50);
    return events.of('error')[0]?.error;
  },
  async LeaseEndedError() {
    const { pool } = poolOf({ name: NAME });
    const lease = await pool.acquire();
    lease.release();
    return thrownBy(() => lease.connection);
  },
  async NestedAcquireError() {
    const { pool } = poolOf({ name: NAME, max: 1, detectNestedAcquire: true });
    return failureOf(pool.use(() => pool.acquire()));
  },
  async OptionError() {
    return thrownBy(() => poolOf({ name: NAME, max: 0 }));
  },
  // Core brings none of these about: adapters make them.
  ConnectionLostError: async () =>
    new ConnectionLostError({ pool: NAME, outcome: 'not-sent', cause: driverError }),
  QueryTimeoutError: async () => new QueryTimeoutError({ pool: NAME, timeoutMs: 50, cause: driverError }),
  TransactionAbandonedError: async () =>
    new TransactionAbandonedError({ pool: NAME, acquiredAt: 'at checkout' }),
  TransactionEndedError: async () => new TransactionEndedError({ pool: NAME, outcome: 'not-committed' }),
  ReadOnlyServerError: async () => new ReadOnlyServerError(NAME),
};

const CASES = [
  [
    'AcquireTimeoutError',
    AcquireTimeoutError,
    'POOL_ACQUIRE_TIMEOUT',
    { phase: 'queue', waitedMs: 50, stats: { leased: 1 } },
  ],
  [
    'QueueFullError',
    QueueFullError,
    'POOL_QUEUE_FULL',
    { maxWaiting: 0, stats: { max: 1 }, diagnosis: { kind: 'overload' } },
  ],
  ['ConnectError', ConnectError, 'POOL_CONNECT_FAILED', { attempts: 1, cause: driverError }],
  ['PoolClosedError', PoolClosedError, 'POOL_CLOSED', {}],
  ['CloseTimeoutError', CloseTimeoutError, 'POOL_CLOSE_TIMEOUT', { leasesOutstanding: 1, oldestLeaseMs: 50 }],
  ['LeaseEndedError', LeaseEndedError, 'POOL_LEASE_ENDED', { leaseId: 1 }],
  ['NestedAcquireError', NestedAcquireError, 'POOL_NESTED_ACQUIRE', { stats: { leased: 1, max: 1 } }],
  [
    'OptionError',
    OptionError,
    'POOL_INVALID_OPTION',
    { option: 'max', received: 0, expected: 'an integer of at least 1' },
  ],
  [
    'ConnectionLostError',
    ConnectionLostError,
    'POOL_CONNECTION_LOST',
    { outcome: 'not-sent', retryable: true, cause: driverError },
  ],
  ['QueryTimeoutError', QueryTimeoutError, 'POOL_QUERY_TIMEOUT', { timeoutMs: 50, cause: driverError }],
  [
    'TransactionAbandonedError',
    TransactionAbandonedError,
    'POOL_TRANSACTION_ABANDONED',
    { acquiredAt: 'at checkout' },
  ],
  ['TransactionEndedError', TransactionEndedError, 'POOL_TRANSACTION_ENDED', { outcome: 'not-committed' }],
  ['ReadOnlyServerError', ReadOnlyServerError, 'POOL_READ_ONLY_SERVER', {}],
] as const;

describe.each(CASES)('%s', (name, errorClass, code, fields) => {
  test('has its name, its code, the name of the pool and its fields', async () => {
    const error = await provoke[name]();

    expect(error).toMatchObject({ name, code, pool: NAME, ...fields });
  });

  test('is an instance of its own class, of PoolError and of Error', async () => {
    const error = await provoke[name]();

    expect([error instanceof errorClass, error instanceof PoolError, error instanceof Error]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('is an instance of no other class of the pool’s errors', async () => {
    const error = await provoke[name]();

    const classes = CASES.map(([, other]) => other).filter((other) => error instanceof other);
    expect(classes).toEqual([errorClass]);
  });

  test('names the pool in its message', async () => {
    expect(((await provoke[name]()) as Error).message).toMatch(/^pool "orders": /);
  });

  test('has a stack that begins with its name', async () => {
    expect(((await provoke[name]()) as Error).stack).toMatch(new RegExp(`^${name}: pool "orders"`));
  });

  test('survives JSON with its code', async () => {
    expect(JSON.parse(JSON.stringify(await provoke[name]()))).toMatchObject({ code, pool: NAME });
  });
});

/** The package once more, as a second installation of it. */
async function otherCopy(): Promise<Copy> {
  vi.resetModules();
  const copy: Copy = await import('../src/index.ts');
  expect(copy.PoolClosedError).not.toBe(PoolClosedError);
  return copy;
}

test.each([
  ['unknown', false],
  ['not-sent', true],
  ['not-committed', true],
  ['read-only', true],
] as const)('a connection lost with outcome %s: retryable is %s', (outcome, retryable) => {
  expect(new ConnectionLostError({ pool: NAME, outcome, cause: driverError }).retryable).toBe(retryable);
});

describe('two installed copies of the package', () => {
  test('recognise each other’s errors by isPoolError', async () => {
    const copy = await otherCopy();

    expect([isPoolError(new copy.PoolClosedError('x')), copy.isPoolError(new PoolClosedError('x'))]).toEqual([
      true,
      true,
    ]);
  });

  test('recognise each other’s errors by instanceof', async () => {
    const copy = await otherCopy();
    const error = new copy.PoolClosedError('x');

    expect([error instanceof PoolClosedError, error instanceof PoolError]).toEqual([true, true]);
  });

  test('do not take one class of error for another', async () => {
    const copy = await otherCopy();

    expect(new copy.PoolClosedError('x') instanceof OptionError).toBe(false);
  });
});

describe('instanceof', () => {
  class AdapterError extends PoolClosedError {}

  test('holds for a subclass of somebody else, and for what it extends', () => {
    const error = new AdapterError('x');

    expect([
      error instanceof AdapterError,
      error instanceof PoolClosedError,
      error instanceof PoolError,
    ]).toEqual([true, true, true]);
  });

  test('does not take an error of the pool for one of a subclass of somebody else', () => {
    expect(new PoolClosedError('x') instanceof AdapterError).toBe(false);
    expect(new OptionError({ pool: 'x', option: 'max', expected: 'y' }) instanceof AdapterError).toBe(false);
  });

  test.each([
    undefined,
    null,
    'POOL_CLOSED',
    1,
    {},
    new Error('x'),
    { name: 'PoolClosedError', code: 'POOL_CLOSED' },
  ])('is false, and throws nothing, for %o', (other) => {
    expect([other instanceof PoolError, other instanceof PoolClosedError, isPoolError(other)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

test('a QueryTimeoutError says what becomes of the work, if the adapter knows', () => {
  const details = { pool: 'orders', timeoutMs: 50 };
  const messages = [{}, { note: 'it is cancelled' }].map(
    (note) => new QueryTimeoutError({ ...details, ...note }).message,
  );

  expect(messages).toEqual([
    'pool "orders": no answer within 50 ms',
    'pool "orders": no answer within 50 ms; it is cancelled',
  ]);
});
