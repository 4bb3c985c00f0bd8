import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ConnectionOptions } from '../../src/index.ts';
import { createAccount, PASSWORD } from '../support/account.ts';
import { errorOf, fixture, openPool, until, valueOf } from '../support/fixture.ts';

const { admin, ask, place } = await fixture();
const account = await createAccount(admin, place);

const FATAL: Record<string, [ConnectionOptions, object]> = {
  'F10: a wrong password (1045)': [{ ...account, password: 'wrong' }, { errno: 1045 }],
  'F10: an unknown database (1049, or 1044 for those who may not know)': [
    { ...place.address, user: place.user, password: place.password, database: 'nowhere' },
    { errno: 1049 },
  ],
  'F10: a database that is not for this user (1044)': [{ ...account, database: 'mysql' }, { errno: 1044 }],
  'F18: TLS that the server does not have, or whose certificate nobody vouches for': [
    { ...account, ssl: {} },
    { code: expect.stringMatching(/^HANDSHAKE_(NO_SSL_SUPPORT|SSL_ERROR)$/) },
  ],
};

describe('fatal: every waiter is told at once, with the same cause, and there is no storm', () => {
  test.each(Object.entries(FATAL))('%s', async (_, [connection, cause]) => {
    const pool = openPool(place, { max: 5, acquireTimeoutMs: 60_000 }, { connection });
    const calls = Array.from({ length: 20 }, () => errorOf(pool.query('SELECT 1')));
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'POOL_CONNECT_FAILED', cause });
    }
    expect(pool.metrics().counters.createFailed).toBeLessThanOrEqual(2);
  });
});

test('a session that cannot be set up is refused like a login, and its connection is closed', async () => {
  // Servers take it from no client.
  const connection = { ...account, charset: 'ucs2_general_ci' };
  const pool = openPool(place, { acquireTimeoutMs: 60_000 }, { connection });
  expect(await errorOf(pool.query('SELECT 1'))).toHaveProperty('code', 'POOL_CONNECT_FAILED');
  const left = `SELECT COUNT(*) FROM information_schema.processlist WHERE user = '${account.user}'`;
  await until(async () => Number(await ask(left)) === 0);
});

test('F11: 1226, the user’s limit: those beyond it wait for the connections there are', async () => {
  const limited = await createAccount(admin, place, 'WITH MAX_USER_CONNECTIONS 2');
  const pool = openPool(place, { max: 6, acquireTimeoutMs: 60_000 }, { connection: limited });
  const kinds = new Set<string>();
  pool.on('connect:failed', ({ kind }) => kinds.add(kind));
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => pool.use((c) => valueOf(c, `SELECT ${n} + SLEEP(0.1)`))),
  );
  expect(answers).toEqual(Array.from({ length: 12 }, (_, n) => n));
  expect(kinds).toEqual(new Set(['overload']));
  expect(pool.stats().size).toBeLessThanOrEqual(2);
});

test('P24: no password in messages, events, inspection or JSON', async () => {
  const pool = openPool(place, { max: 1, acquireTimeoutMs: 300 }, { connection: { ...account, port: 1 } });
  const heard: unknown[] = [];
  pool.on('connect:failed', (event) => heard.push(event));
  heard.push(await errorOf(pool.query('SELECT 1')));
  heard.push(pool, pool.stats(), pool.metrics());
  const said = heard
    .map((each) => inspect(each, { depth: Infinity, showHidden: true }) + JSON.stringify(each))
    .join('\n');
  expect(said).not.toContain(PASSWORD);
  expect(said).toContain('ECONNREFUSED');
});
