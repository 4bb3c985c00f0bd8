// Checked by the compiler: `tsc` fails when one of these does not hold.
import { expectTypeOf, test } from 'vitest';
import {
  createPool,
  isPoolError,
  runTransaction,
  withRetries,
  type AcquirePhase,
  type AcquireTimeoutError,
  type CloseReason,
  type ConnectionInfo,
  type Factory,
  type Lease,
  type Pool,
  type PoolError,
  type PoolErrorCode,
  type PoolOptions,
  type PoolStats,
} from '../src/index.ts';

interface Connection {
  query(sql: string): Promise<{ rows: number[] }>;
}

const connection: Connection = { query: async () => ({ rows: [1] }) };
const factory = { create: async () => connection, destroy: () => {} };
const pool = createPool(factory);

test('createPool infers the connection from the factory', () => {
  expectTypeOf(pool).toEqualTypeOf<Pool<Connection>>();
});

test('acquire and tryAcquire give leases of the connection', () => {
  expectTypeOf(pool.acquire).returns.resolves.toEqualTypeOf<Lease<Connection>>();
  expectTypeOf(pool.tryAcquire).returns.toEqualTypeOf<Lease<Connection> | undefined>();
  expectTypeOf<Lease<Connection>['connection']>().toEqualTypeOf<Connection>();
});

test('use infers its result from the work, be it a value or a promise', () => {
  expectTypeOf(() => pool.use((client) => client.query('select 1'))).returns.resolves.toEqualTypeOf<{
    rows: number[];
  }>();
  expectTypeOf(() => pool.use(() => 'text' as const)).returns.resolves.toEqualTypeOf<'text'>();
  expectTypeOf(() => pool.use((_client, lease) => lease.id)).returns.resolves.toBeNumber();
});

test('evict gives its predicate the connection and what is known of it', () => {
  expectTypeOf(pool.evict).parameter(0).parameters.toEqualTypeOf<[Connection, ConnectionInfo]>();
  expectTypeOf(pool.evict).returns.toBeNumber();
});

test('on gives each listener the payload of its event', () => {
  pool.on('connection:closed', ({ reason }) => expectTypeOf(reason).toEqualTypeOf<CloseReason>());
  pool.on('lease:acquired', ({ waitMs, label }) => {
    expectTypeOf(waitMs).toBeNumber();
    expectTypeOf(label).toEqualTypeOf<string | undefined>();
  });
  // @ts-expect-error no such event
  pool.on('connection:opened', () => {});
});

test('a factory needs create and destroy, and nothing else', () => {
  expectTypeOf(factory).toExtend<Factory<Connection>>();
  // @ts-expect-error destroy is missing
  createPool({ create: async () => connection });
  // @ts-expect-error create gives a promise
  createPool<Connection>({ create: () => connection, destroy: () => {} });
});

test('options are known by name and type', () => {
  expectTypeOf<PoolOptions['max']>().toEqualTypeOf<number | undefined>();
  // @ts-expect-error unknown option
  void ((): unknown => createPool(factory, { maximum: 3 }));
  // @ts-expect-error durations are milliseconds, not text
  void ((): unknown => createPool(factory, { idleTimeoutMs: '30s' }));
});

test('options of a call take undefined', () => {
  const signal = undefined as AbortSignal | undefined;
  expectTypeOf(pool.acquire).toBeCallableWith({ signal, timeoutMs: undefined, label: undefined });
});

test('isPoolError narrows, and the code is of a closed set', () => {
  const error: unknown = undefined;
  if (isPoolError(error)) {
    expectTypeOf(error).toEqualTypeOf<PoolError>();
    expectTypeOf(error.code).toEqualTypeOf<PoolErrorCode>();
  }
  expectTypeOf<AcquireTimeoutError['code']>().toEqualTypeOf<'POOL_ACQUIRE_TIMEOUT'>();
  expectTypeOf<AcquireTimeoutError['phase']>().toEqualTypeOf<AcquirePhase>();
  expectTypeOf<AcquireTimeoutError['stats']>().toEqualTypeOf<PoolStats>();
});

test('runTransaction and withRetries infer their result from the work', () => {
  const steps = { begin: () => {}, commit: () => {}, rollback: () => {} };
  expectTypeOf(() =>
    runTransaction(
      steps,
      async () => 1,
      () => {},
    ),
  ).returns.resolves.toBeNumber();
  expectTypeOf(() =>
    withRetries(async () => 'a', { retries: 1, isRetryable: () => true }),
  ).returns.resolves.toBeString();
});

test('a pool and a lease can be disposed of', () => {
  expectTypeOf<Pool<Connection>>().toExtend<AsyncDisposable>();
  expectTypeOf<Lease<Connection>>().toExtend<AsyncDisposable>();
});
