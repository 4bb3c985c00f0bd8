import { createServer, type AddressInfo, type Socket } from 'node:net';
import { startFaultProxy, type FaultProxy } from '@pool/testbed/fault-proxy';
import type { PoolOptions } from '@pool/core';
import { expect, onTestFinished, test } from 'vitest';
import type { MysqlPool } from '../../src/index.ts';
import { createAccount } from '../support/account.ts';
import { errorOf, fixture, openPool, until, valueOf } from '../support/fixture.ts';
import { observe } from '../support/observer.ts';

const { admin, ask, place } = await fixture();
await admin.query('CREATE TABLE effect (n INT)');
const account = await createAccount(admin, place);

async function proxied(options: PoolOptions): Promise<{ proxy: FaultProxy; pool: MysqlPool }> {
  const proxy = await startFaultProxy({ to: place.address });
  onTestFinished(() => proxy.close());
  return { proxy, pool: openPool(place, options, { connection: { ...account, ...proxy.address } }) };
}

const one = (pool: MysqlPool): Promise<unknown> =>
  pool.use((c) => valueOf(c, 'SELECT 1'), { timeoutMs: 20_000 });
const QUICK = { validateTimeoutMs: 200, resetTimeoutMs: 200, destroyTimeoutMs: 200, createTimeoutMs: 500 };

test('F7: a black hole costs the time limits of those in it; who comes after it is served', async () => {
  const { proxy, pool } = await proxied({
    max: 2,
    validateAfterIdleMs: 0,
    acquireTimeoutMs: 20_000,
    ...QUICK,
  });
  await one(pool);
  const running = errorOf(pool.query('SELECT SLEEP(60)', [], { timeoutMs: 500 }));
  await until(() => pool.stats().leased === 1);
  proxy.stall();
  expect(await running).toHaveProperty('code', 'POOL_QUERY_TIMEOUT');
  expect(await errorOf(pool.query('SELECT 1', [], { timeoutMs: 600 }))).toHaveProperty(
    'code',
    'POOL_ACQUIRE_TIMEOUT',
  );
  await proxy.heal();
  expect(await one(pool)).toBe(1);
});

test('F7 A24: an idle connection in a black hole is found out before it is lent', async () => {
  const { proxy, pool } = await proxied({ max: 2, validateAfterIdleMs: 0, ...QUICK, createTimeoutMs: 5_000 });
  const id = await pool.use((c) => c.threadId);
  proxy.stall('open');
  expect(await pool.use((c) => c.threadId)).not.toBe(id);
  expect(pool.metrics().counters.closed.invalid).toBe(1);
});

test('P19: close() ends in a black hole too', async () => {
  const { proxy, pool } = await proxied({ max: 2, ...QUICK, createTimeoutMs: 5_000 });
  await Promise.all([pool.query('SELECT SLEEP(0.05)'), pool.query('SELECT SLEEP(0.05)')]);
  proxy.stall();
  await pool.close();
  expect(pool.stats().size).toBe(0);
});

test('F8: a reset in the middle of a statement is a lost connection; one while idle is nobody’s error', async () => {
  const { proxy, pool } = await proxied({ max: 1 });
  const errors: unknown[] = [];
  pool.on('error', (event) => errors.push(event));
  await one(pool);
  const running = errorOf(pool.query('SELECT SLEEP(60)'));
  await until(() => pool.stats().leased === 1);
  proxy.reset();
  expect(await running).toHaveProperty('code', 'POOL_CONNECTION_LOST');
  expect(await one(pool)).toBe(1);
  proxy.reset();
  await until(() => pool.stats().size === 0);
  expect(await one(pool)).toBe(1);
  expect(errors).toEqual([]);
});

test('F8: a FIN from the server’s side is a lost connection too', async () => {
  const { proxy, pool } = await proxied({ max: 1 });
  const running = errorOf(pool.query('SELECT SLEEP(60)'));
  await until(() => pool.stats().leased === 1 && proxy.connections === 1);
  await until(() => ask("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(60)%'"));
  proxy.halfClose();
  expect(await running).toHaveProperty('code', 'POOL_CONNECTION_LOST');
  expect(await one(pool)).toBe(1);
});

test('F8: a handshake that is cut after any number of bytes is transient', async () => {
  const { proxy, pool } = await proxied({ max: 1, acquireTimeoutMs: 60_000 });
  const kinds: string[] = [];
  pool.on('connect:failed', ({ kind }) => kinds.push(kind));
  for (const bytes of [0, 1, 5, 40, 90]) {
    proxy.cutAfter(bytes, 'down');
    const failed = kinds.length;
    const asked = one(pool);
    await until(() => kinds.length > failed);
    await proxy.heal();
    expect(await asked).toBe(1);
    pool.clear();
    await until(() => pool.stats().size === 0);
  }
  expect(new Set(kinds)).toEqual(new Set(['transient']));
});

test('F2: a connection that is cut under COMMIT leaves the outcome unknown, and is not retried', async () => {
  const { proxy, pool } = await proxied({ max: 1 });
  let runs = 0;
  const call = pool.transaction(
    async (c) => {
      runs++;
      await c.query('INSERT INTO effect VALUES (1)');
      proxy.cutAfter(1, 'down');
    },
    { retries: 3 },
  );
  expect(await errorOf(call)).toMatchObject({
    code: 'POOL_CONNECTION_LOST',
    outcome: 'unknown',
    retryable: false,
  });
  expect(runs).toBe(1);
  // Here it had happened.
  await until(async () => (await ask('SELECT COUNT(*) FROM effect')) === 1);
});

test('F19: 50 callers and slow handshakes: few at a time, and whatever is free first serves the next', async () => {
  const { proxy, pool } = await proxied({ max: 50, maxConnecting: 3, acquireTimeoutMs: 60_000 });
  await one(pool);
  const observer = observe(place.url, account.user);
  proxy.latencyMs = 60;
  let connecting = 0;
  const look = (): void => {
    connecting = Math.max(connecting, pool.stats().creating);
  };
  pool.on('connection:created', look);
  const callers = Array.from({ length: 50 }, (_, n) => {
    const asked = pool.use((c) => valueOf(c, `SELECT ${n}`));
    look();
    return asked;
  });
  expect(await Promise.all(callers)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  await observer.stop();
  expect(connecting).toBeLessThanOrEqual(3);
  expect(pool.metrics().counters.created).toBeLessThan(30);
  expect(observer.peak).toBeLessThanOrEqual(50);
});

test('F34: a server that sends its handshake byte by byte is given up after createTimeoutMs in all', async () => {
  const { proxy, pool } = await proxied({ max: 1, createTimeoutMs: 1_000, acquireTimeoutMs: 2_500 });
  proxy.bandwidth = 20;
  const error = await errorOf(pool.query('SELECT 1'));
  expect(error).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', cause: { code: 'CREATE_TIMEOUT' } });
  await proxy.heal();
  expect(await one(pool)).toBe(1);
});

test('F9: a server that greets with garbage fails the connect, and its sockets are closed', async () => {
  const sockets = new Set<Socket>();
  const garbage = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)).on('error', () => {}));
    socket.resume();
    socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  garbage.listen(0, '127.0.0.1');
  await until(() => garbage.listening);
  onTestFinished(() => void garbage.close());
  const { port } = garbage.address() as AddressInfo;
  const connection = { ...account, host: '127.0.0.1', port };
  const pool = openPool(place, { createTimeoutMs: 200, acquireTimeoutMs: 600 }, { connection });
  expect(await errorOf(pool.query('SELECT 1'))).toHaveProperty('code', 'POOL_ACQUIRE_TIMEOUT');
  await pool.close();
  await until(() => sockets.size === 0);
});
