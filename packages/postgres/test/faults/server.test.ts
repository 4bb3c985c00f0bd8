import { startPrivatePostgres } from '@pool/testbed/postgres';
import { Client } from 'pg';
import { afterAll, afterEach, expect, test } from 'vitest';
import { failure, open, until, value } from '../support/fixture.ts';
import { observe, UNDER_TEST } from '../support/observer.ts';

const server = await startPrivatePostgres({ settings: { max_connections: 12 } });
afterAll(() => server.remove());
afterEach(() => server.start());

const connection = { connectionString: server.url, application_name: UNDER_TEST };

/** Callers that ask again and again, until they are stopped; what each of them was told. */
function load(
  pool: ReturnType<typeof open>['pool'],
  callers: number,
): { stop(): Promise<Map<string, number>> } {
  const told = new Map<string, number>();
  const over = new AbortController();
  const call = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const heard = await pool.query('select 1').then(
        () => 'answer',
        (error: { code?: string }) => String(error.code),
      );
      told.set(heard, (told.get(heard) ?? 0) + 1);
    }
  };
  const calls = Array.from({ length: callers }, call);
  return {
    async stop() {
      over.abort();
      await Promise.all(calls);
      return told;
    },
  };
}

test('F4 F26: over a restart callers wait instead of failing, and the server never sees more than max', async () => {
  const { pool } = open({ connection, pool: { max: 5, acquireTimeoutMs: 20_000 } });
  const failures: string[] = [];
  pool.on('connect:failed', ({ kind }) => failures.push(kind));
  const observer = observe(server.url);
  const { stop } = load(pool, 20);
  await until(() => pool.metrics().counters.acquired > 100);
  await server.stop('fast');
  await until(() => failures.length >= 2);
  await server.start();
  const upAt = performance.now();
  const { acquired } = pool.metrics().counters;
  await until(() => pool.metrics().counters.acquired > acquired + 100);
  const recoveryMs = performance.now() - upAt;
  const told = await stop();
  await observer.stop();
  // Those whose query was under way, at most one for each connection; nobody else.
  const { answer = 0, POOL_CONNECTION_LOST: lost = 0, ...others } = Object.fromEntries(told);
  expect(answer).toBeGreaterThan(200);
  expect(lost).toBeLessThanOrEqual(5);
  expect(others).toEqual({});
  expect(new Set(failures)).toEqual(new Set(['transient']));
  expect(observer.peak).toBeLessThanOrEqual(5);
  // A step of the back-off, and a handshake.
  expect(recoveryMs).toBeLessThan(8_000);
});

test('F5: a server that accepts and says nothing is given up at createTimeoutMs, in sockets too', async () => {
  const { pool } = open({ connection, pool: { max: 2, createTimeoutMs: 500 } });
  const failures: unknown[] = [];
  pool.on('connect:failed', ({ error }) => failures.push(error));
  server.pause();
  try {
    const error = await failure(pool.query('select 1', [], { timeoutMs: 1_500 }));
    expect(error).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', cause: { code: 'CREATE_TIMEOUT' } });
    expect(failures.length).toBeGreaterThan(0);
    await until(() => pool.stats().creating === 0 || pool.stats().size <= 1);
  } finally {
    server.resume();
  }
  expect(await value(pool, 'select 1')).toBe(1);
  await pool.close();
  expect(pool.stats().size).toBe(0);
});

test('F11: a full server is backpressure: callers are served by what there is, without a storm of attempts', async () => {
  const others = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const client = new Client({ connectionString: server.url });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    }),
  );
  // 12, of which 3 are kept for superusers: as an ordinary user, 4 are left.
  await others[0]!.query("create role crowd login password 'crowd'");
  const url = Object.assign(new URL(server.url), { username: 'crowd', password: 'crowd' }).href;
  const { pool } = open({
    connection: { connectionString: url, application_name: UNDER_TEST },
    pool: { max: 10, maxConnecting: 4, acquireTimeoutMs: 30_000 },
  });
  const kinds: string[] = [];
  pool.on('connect:failed', ({ kind }) => kinds.push(kind));
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => value(pool, 'select 1 from pg_sleep(0.005)')),
  );
  expect(answers).toHaveLength(200);
  expect(new Set(kinds)).toEqual(new Set(['overload']));
  // 200 callers, and no attempt for each of them.
  expect(kinds.length).toBeLessThan(50);
  expect(pool.metrics().counters.created).toBeLessThanOrEqual(4);
  await Promise.all(others.map((client) => client.end()));
});

test('F12: a database that takes no connections for now is transient, and served when it does again', async () => {
  const client = new Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create database closed');
  await client.query('alter database closed allow_connections off');
  const url = Object.assign(new URL(server.url), { pathname: '/closed' }).href;
  const { pool } = open({ connection: url, pool: { max: 1, acquireTimeoutMs: 20_000 } });
  const kinds: string[] = [];
  pool.on('connect:failed', ({ kind }) => kinds.push(kind));
  const waiting = value(pool, 'select 1');
  await until(() => kinds.length > 0);
  await client.query('alter database closed allow_connections on');
  expect(await waiting).toBe(1);
  expect(new Set(kinds)).toEqual(new Set(['transient']));
  await client.end();
});

test('A28: while the server is down, attempts stay few, whatever the number of callers', async () => {
  const { pool } = open({ connection, pool: { max: 10, acquireTimeoutMs: 1_000 } });
  await server.stop('fast');
  const callers = Array.from({ length: 500 }, () => failure(pool.query('select 1')));
  for (const error of await Promise.all(callers)) {
    expect(error).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', cause: { code: 'ECONNREFUSED' } });
  }
  expect(pool.metrics().counters.createFailed).toBeLessThan(100);
});
