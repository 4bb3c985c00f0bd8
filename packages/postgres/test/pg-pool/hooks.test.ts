import { Client, type PoolClient } from 'pg';
import { describe, expect, test } from 'vitest';
import { freePort } from '@pool/testbed/free-port';
import { BOTH, failure, open } from './support.ts';

class OwnPromise<T> extends Promise<T> {}

describe.each(BOTH)('hooks, %s', (_, PoolOf) => {
  test('onConnect is awaited once for each connection, before its first borrower', async () => {
    const seen: unknown[] = [];
    const pool = open(PoolOf, {
      max: 1,
      onConnect: async (client) => {
        const { rows } = await client.query('select 1 as num');
        seen.push(client, rows[0]);
      },
    });
    const client = await pool.connect();
    client.release();
    (await pool.connect()).release();
    expect(seen).toEqual([client, { num: 1 }]);
  });

  test.each([
    ['rejects', async () => Promise.reject(new Error('not today'))],
    [
      'throws',
      () => {
        throw new Error('not today');
      },
    ],
  ])('an onConnect that %s fails the connect with its own error', async (__, onConnect) => {
    const pool = open(PoolOf, { onConnect: onConnect as () => void });
    expect(await failure(pool.connect())).toMatchObject({ message: 'not today' });
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
  });

  test('what onConnect sets holds for every borrower', async () => {
    const pool = open(PoolOf, {
      max: 1,
      onConnect: (async (client: Client) => {
        await client.query("set application_name = 'set up'");
      }) as never,
    });
    const names = [];
    for (let turn = 0; turn < 3; turn++) names.push((await pool.query('show application_name')).rows[0]);
    expect(names).toEqual(Array.from({ length: 3 }, () => ({ application_name: 'set up' })));
  });

  test('verify sees a new client once, and its error is the caller’s', async () => {
    let verified = 0;
    let problem: Error | undefined = new Error('nope');
    const pool = open(PoolOf, {
      max: 1,
      verify: (_client: PoolClient, done: (error?: Error) => void) => {
        verified++;
        done(problem);
        problem = undefined;
      },
    });
    expect(await failure(pool.connect())).toMatchObject({ message: 'nope' });
    (await pool.connect()).release();
    (await pool.connect()).release();
    expect(verified).toBe(2);
  });

  test('log hears what the pool does', async () => {
    const messages: unknown[] = [];
    const pool = open(PoolOf, { log: (message) => void messages.push(message), maxUses: 1 });
    await pool.query('select 1');
    await pool.end();
    for (const message of [
      'connecting new client',
      'new client connected',
      'dispatching query',
      'remove expended client',
      'ending',
    ])
      expect(messages).toContain(message);
  });

  test('Promise is the class of what the verbs return, also of what fails', async () => {
    const port = await freePort();
    const pool = open(PoolOf, { Promise: OwnPromise, connectionString: undefined, host: '127.0.0.1', port });
    const promises = [
      pool.connect(),
      pool.query('select 1'),
      pool.end(),
      pool.connect(),
      pool.query(''),
      pool.end(),
    ];
    await Promise.allSettled(promises);
    expect(promises.every((promise) => promise instanceof OwnPromise)).toBe(true);
  });

  test('Client may be a subclass of pg’s', async () => {
    class OwnClient extends Client {
      readonly isMine = true;
    }
    const pool = open(PoolOf, { Client: OwnClient as never });
    const client = await pool.connect();
    const { rows } = await client.query('select 1 as num');
    client.release();
    expect([client instanceof OwnClient, (client as unknown as OwnClient).isMine, rows]).toEqual([
      true,
      true,
      [{ num: 1 }],
    ]);
  });
});
