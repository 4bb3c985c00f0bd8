import { expect, test } from 'vitest';
import type { PasswordProvider } from '../src/index.ts';
import { admin, as, database, failure, open, until, value } from './support/fixture.ts';

const USERS = { rotating: 'first' };
await admin.query(`create role rotating login password '${USERS.rotating}'`);
const setPassword = (password: string): Promise<unknown> =>
  admin.query(`alter role rotating password '${password}'`);

function provided(provide: PasswordProvider, pool: object = {}) {
  const url = new URL(as('rotating'));
  url.password = '';
  return open({ connection: { connectionString: url.href, password: provide }, pool });
}

test('a function gives the password; connections that open together ask it once', async () => {
  await setPassword('first');
  let asked = 0;
  const { pool } = provided(
    async () => {
      asked++;
      await new Promise((resolve) => setImmediate(resolve));
      return 'first';
    },
    { max: 4, maxConnecting: 4 },
  );
  const leases = await Promise.all(Array.from({ length: 4 }, () => pool.acquire()));
  for (const lease of leases) lease.release();
  expect([asked, pool.metrics().counters.created]).toEqual([1, 4]);
});

test('a password that expires is kept until shortly before, and then asked for again', async () => {
  await setPassword('first');
  let asked = 0;
  let expiresAt: Date | number = new Date(Date.now() + 3_600_000);
  const { pool } = provided(() => {
    asked++;
    return { password: 'first', expiresAt };
  });
  for (let n = 0; n < 3; n++) {
    await value(pool, 'select 1');
    pool.clear();
  }
  expect(asked).toBe(1);
  pool.rotate();
  // Five seconds: too little for a handshake to begin with.
  expiresAt = Date.now() + 5_000;
  for (let n = 0; n < 3; n++) {
    await value(pool, 'select 1');
    pool.clear();
  }
  expect(asked).toBe(4);
});

test('F10: a refused password is dropped and asked for once more at once: no caller notices a change', async () => {
  await setPassword('first');
  let current = 'first';
  const given: string[] = [];
  const { pool } = provided(() => {
    given.push(current);
    return { password: current, expiresAt: Date.now() + 3_600_000 };
  });
  await value(pool, 'select 1');
  await setPassword('second');
  current = 'second';
  pool.clear();
  expect(await value(pool, 'select 2')).toBe(2);
  expect([given, pool.metrics().counters.createFailed]).toEqual([['first', 'second'], 0]);
});

test('F10: a password that stays wrong is asked for twice, and then the callers are told', async () => {
  let asked = 0;
  const { pool } = provided(() => {
    asked++;
    return 'never';
  });
  const errors = await Promise.all(Array.from({ length: 20 }, () => failure(pool.query('select 1'))));
  for (const error of errors)
    expect(error).toMatchObject({ code: 'POOL_CONNECT_FAILED', cause: { code: '28P01' } });
  expect(asked).toBeLessThanOrEqual(4);
});

test('rotate() retires softly: a lease goes on, and what comes after it has the new password', async () => {
  await setPassword('first');
  let current = 'first';
  const { pool } = provided(() => ({ password: current, expiresAt: Date.now() + 3_600_000 }), { max: 1 });
  const lease = await pool.acquire();
  const pid = await value(lease.connection, 'select pg_backend_pid()');
  await setPassword('second');
  current = 'second';
  pool.rotate();
  expect(await value(lease.connection, 'select pg_backend_pid()')).toBe(pid);
  lease.release();
  expect(await value(pool, 'select pg_backend_pid()')).not.toBe(pid);
  expect(pool.metrics().counters).toMatchObject({ createFailed: 0, closed: { cleared: 1 } });
});

test('a password that was asked for before a rotation is not kept after it', async () => {
  await setPassword('second');
  const slow = Promise.withResolvers<string>();
  let asked = 0;
  const { pool } = provided(async () => {
    const password = asked++ === 0 ? await slow.promise : 'second';
    return { password, expiresAt: Date.now() + 3_600_000 };
  });
  const waiting = value(pool, 'select 1');
  await until(() => asked === 1);
  pool.rotate();
  slow.resolve('first');
  expect(await waiting).toBe(1);
  for (let n = 0; n < 3; n++) {
    pool.clear();
    expect(await value(pool, 'select 2')).toBe(2);
  }
  // The one before, and one after: no more, and no login failed because of what was kept.
  expect([asked, pool.metrics().counters.createFailed]).toEqual([2, 0]);
});

test('T: a provider that hangs is given up at createTimeoutMs, one that throws is a transient failure', async () => {
  const { pool } = provided(() => new Promise(() => {}), { createTimeoutMs: 50, acquireTimeoutMs: 200 });
  expect(await failure(pool.query('select 1'))).toMatchObject({ cause: { code: 'CREATE_TIMEOUT' } });
  await setPassword('first');
  let isBroken = true;
  const { pool: other } = provided(() => {
    if (isBroken) throw new Error('the vault is closed');
    return 'first';
  });
  const waiting = value(other, 'select 1');
  await until(() => other.metrics().counters.createFailed > 0);
  isBroken = false;
  expect(await waiting).toBe(1);
});

test('P24: no password, URL or row is in an error, an event or a printed pool', async () => {
  const canary = 'c4n4ry-s3cr3t';
  const { inspect } = await import('node:util');
  const seen: unknown[] = [];
  const url = Object.assign(new URL(database.url), { password: canary }).href;
  const { pool, errors } = open({ connection: url });
  for (const event of ['connect:failed', 'acquire:failed', 'connection:closed'] as const) {
    pool.on(event, (payload) => void seen.push(payload));
  }
  seen.push(await failure(pool.query('select 1')), pool, pool.stats(), pool.metrics(), errors);
  for (const each of seen) {
    const text = inspect(each, { depth: Infinity }) + JSON.stringify(each);
    expect(text).not.toContain(canary);
  }
});
