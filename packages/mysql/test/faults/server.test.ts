import { startPrivateMysql } from '@pool/testbed/mysql';
import type { PoolOptions } from '@pool/core';
import mysql from 'mysql2/promise';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import type { MysqlPool } from '../../src/index.ts';
import { createAccount } from '../support/account.ts';
import { errorOf, openPool, until, valueOf } from '../support/fixture.ts';
import { observe } from '../support/observer.ts';

const server = await startPrivateMysql({ settings: { 'max-connections': 8, 'wait-timeout': 2 } });
afterAll(() => server.remove());
/** Each time anew: this server goes away. */
async function asAdmin<R>(work: (connection: mysql.Connection) => Promise<R>): Promise<R> {
  const connection = await mysql.createConnection(server.url);
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}
const account = await asAdmin((admin) => createAccount(admin, server));
await asAdmin((admin) => admin.query(`CREATE TABLE ${server.database}.effect (n INT)`));

const open = (pool: PoolOptions): MysqlPool =>
  openPool(server, { acquireTimeoutMs: 60_000, ...pool }, { connection: account });
const one = (pool: MysqlPool): Promise<unknown> => pool.use((c) => valueOf(c, 'SELECT 1'));

/** Callers who ask again and again; each answer is 'served', or the code of an error. */
function crowd(pool: MysqlPool, callers: number): { answers: string[]; stop(): Promise<void> } {
  const answers: string[] = [];
  const stopping = new AbortController();
  const ask = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const answer = await pool.query('SELECT SLEEP(0.002)').then(
        () => 'served',
        (error: { code: string }) => error.code,
      );
      answers.push(answer);
    }
  };
  const asking = Promise.all(Array.from({ length: callers }, ask));
  const stop = async (): Promise<void> => {
    stopping.abort();
    await asking;
  };
  return { answers, stop };
}

test.each([
  ['F4: a restart', () => server.restart()],
  ['F3: a crash', async () => (await server.kill(), server.start())],
])(
  '%s fails only what was under way; who waits is served when the server is back, within 5 s',
  async (_, fault) => {
    const pool = open({ max: 4 });
    const observer = observe(server.url, account.user);
    const { answers, stop } = crowd(pool, 16);
    await until(() => answers.length > 50);
    await fault();
    const back = performance.now();
    const served = (): number => answers.filter((answer) => answer === 'served').length;
    const before = served();
    await until(() => served() > before + 50);
    const recoveryMs = performance.now() - back;
    await stop();
    await observer.stop();
    const failed = answers.filter((answer) => answer !== 'served');
    expect(new Set(failed)).toEqual(new Set(['POOL_CONNECTION_LOST']));
    // No more than were on a connection at that moment.
    expect(failed.length).toBeLessThanOrEqual(4);
    expect(observer.peak).toBeGreaterThan(0);
    expect(observer.peak).toBeLessThanOrEqual(4);
    // The back-off's first pauses, and a busy machine.
    expect(recoveryMs).toBeLessThan(5_000);
  },
  60_000,
);

test('F5: a server that is stopped takes no caller longer than he said; then it serves again', async () => {
  const pool = open({
    max: 2,
    createTimeoutMs: 300,
    destroyTimeoutMs: 200,
    validateAfterIdleMs: 0,
    validateTimeoutMs: 200,
    resetTimeoutMs: 200,
  });
  await one(pool);
  server.pause();
  try {
    const errors = await Promise.all(
      [1, 2, 3].map(() => errorOf(pool.query('SELECT 1', [], { timeoutMs: 700 }))),
    );
    for (const { code } of errors) expect(code).toMatch(/^POOL_(ACQUIRE|QUERY)_TIMEOUT$/);
  } finally {
    server.resume();
  }
  expect(await one(pool)).toBe(1);
  expect(pool.stats().size).toBeLessThanOrEqual(2);
});

test('F11: 1040, a full server: callers wait for the connections there are, and nothing is thought dead', async () => {
  // One is left to the administrator.
  const others = await Promise.all(Array.from({ length: 6 }, () => mysql.createConnection({ ...account })));
  onTestFinished(() => others.forEach((other) => other.destroy()));
  const pool = open({ max: 5 });
  const kinds = new Set<string>();
  const numbers = new Set<unknown>();
  pool.on('connect:failed', ({ kind, error }) => {
    kinds.add(kind);
    numbers.add((error as { errno?: unknown }).errno);
  });
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => pool.use((c) => valueOf(c, `SELECT ${n} + SLEEP(0.1)`))),
  );
  expect(answers).toEqual(Array.from({ length: 10 }, (_, n) => n));
  expect([kinds, numbers]).toEqual([new Set(['overload']), new Set([1040])]);
});

test('F14: a connection that idles longer than wait_timeout is ended by the server, and no caller notices', async () => {
  const pool = open({ max: 1 });
  const id = await pool.use((c) => c.threadId);
  await until(() => pool.metrics().counters.closed.lost === 1);
  expect(await pool.use((c) => c.threadId)).not.toBe(id);
});

test('F13: a server that turns read-only: all its connections are retired once, and that is told', async () => {
  const pool = open({ max: 3 });
  const told: unknown[] = [];
  pool.on('error', ({ error }) => told.push((error as { code?: unknown }).code));
  await Promise.all([1, 2, 3].map(() => pool.query('SELECT SLEEP(0.05)')));
  await asAdmin((admin) => admin.query('SET GLOBAL read_only = 1'));
  onTestFinished(() => asAdmin(async (admin) => void (await admin.query('SET GLOBAL read_only = 0'))));
  const writes = await Promise.all([1, 2, 3].map(() => errorOf(pool.query('INSERT INTO effect VALUES (1)'))));
  expect(writes.map(({ errno }) => errno)).toEqual([1290, 1290, 1290]);
  expect(pool.stats().generation).toBe(1);
  await until(() => pool.metrics().counters.closed.cleared === 3);
  // The new ones know that the server is like that: a write costs its own connection only.
  await errorOf(pool.query('INSERT INTO effect VALUES (1)'));
  expect(pool.stats().generation).toBe(1);
  await until(() => pool.metrics().counters.closed.evicted === 1);
  expect(told).toEqual(['POOL_READ_ONLY_SERVER', 'POOL_READ_ONLY_SERVER']);
});
