// The drop-in through the ends of its server, and behind a pooler.
import { startPgBouncer, startPrivatePostgres, type PrivatePostgres } from '@pool/testbed/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ClientFactory } from '../../src/pg-pool/client-factory.ts';
import { settingsOf } from '../../src/pg-pool/config.ts';
import { Pool } from '../../src/pg-pool.ts';
import { failure, open } from './support.ts';

const PATIENCE_MS = 120_000;

let server: PrivatePostgres;
beforeAll(async () => {
  server = await startPrivatePostgres({ settings: { max_connections: 20 } });
}, PATIENCE_MS);
afterAll(() => server.remove(), PATIENCE_MS);

describe('a server that goes', { timeout: PATIENCE_MS }, () => {
  test('F4: and comes back is served from again, with nobody listening, and no more connections than max', async () => {
    const pool = open(Pool, { connectionString: server.url, max: 4 });
    await Promise.all(Array.from({ length: 20 }, () => pool.query('select pg_sleep(0.01)')));
    await server.restart();
    const answers = await Promise.all(Array.from({ length: 20 }, () => pool.query('select 1 as num')));
    expect(answers.map(({ rows }) => rows[0] as unknown)).toEqual(
      Array.from({ length: 20 }, () => ({ num: 1 })),
    );
    expect(pool.totalCount).toBeLessThanOrEqual(4);
  });

  test('F4: and is being restarted is waited for; one that was never there, or stays away, is not', async () => {
    const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const pool = open(Pool, { connectionString: server.url });
    const tell = { connected: () => {}, lost: () => {}, removed: () => {}, log: () => {} };
    const factory = new ClientFactory(
      settingsOf({ connectionString: server.url }, pool.options, Client),
      tell,
    );
    const kinds = [factory.classify(away)];
    const { signal } = new AbortController();
    const client = await factory.create({
      signal,
      lost: () => {},
      report: () => {},
      acquiredAt: () => undefined,
    });
    const goneAt = performance.now();
    const now = vi.spyOn(performance, 'now');
    for (const ms of [0, 1_999, 2_001]) {
      now.mockReturnValue(goneAt + ms);
      kinds.push(factory.classify(away));
    }
    now.mockRestore();
    await factory.destroy(client, 'closed');
    expect(kinds).toEqual(['unavailable', 'transient', 'transient', 'unavailable']);
  });

  test('F4: and stays away is told to every caller as the driver tells it', async () => {
    const pool = open(Pool, { connectionString: server.url, max: 4 });
    await pool.query('select 1');
    await server.stop();
    const errors = await Promise.all(Array.from({ length: 10 }, () => failure(pool.query('select 1'))));
    await server.start();
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['ECONNREFUSED']));
    expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
  });

  test('F5: and answers nothing ends a connect after connectionTimeoutMillis', async () => {
    const pool = open(Pool, { connectionString: server.url, connectionTimeoutMillis: 1_500 });
    server.pause();
    const error = await failure(pool.connect());
    server.resume();
    expect(error.message).toMatch(/timeout/);
    expect((await pool.query('select 1 as num')).rows).toEqual([{ num: 1 }]);
  });

  test('F10: a wrong password is told to all, and tried once or twice', async () => {
    const pool = open(Pool, { connectionString: server.url.replace(/:[^:@/]+@/, ':wrong@'), max: 10 });
    const errors = await Promise.all(Array.from({ length: 50 }, () => failure(pool.query('select 1'))));
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['28P01']));
    expect(pool.core.metrics().counters.createFailed).toBeLessThanOrEqual(2);
  });
});

describe('behind PgBouncer in transaction mode', { timeout: PATIENCE_MS }, () => {
  test('named statements, as libraries send them, work on whichever backend', async () => {
    const bouncer = await startPgBouncer({
      to: server,
      mode: 'transaction',
      settings: { default_pool_size: 2 },
    });
    try {
      const pool = new Pool({ connectionString: bouncer.url, max: 4, pooler: 'transaction' });
      const query = { name: 'one', text: 'select $1::int as num' };
      const work = Array.from({ length: 40 }, (_, num) =>
        pool.query<{ num: number }>({ ...query, values: [num] }),
      );
      const nums = (await Promise.all(work)).map(({ rows }) => rows[0]!.num);
      await pool.end();
      expect(nums).toEqual(Array.from({ length: 40 }, (_, num) => num));
    } finally {
      await bouncer.remove();
    }
  });
});
