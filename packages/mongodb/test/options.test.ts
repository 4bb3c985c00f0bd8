import { inspect } from 'node:util';
import { MongoClient } from 'mongodb';
import { describe, expect, test, vi } from 'vitest';
import { createMongoPool, isPoolError, OptionError, type MongoPoolOptions } from '../src/index.ts';

const HOST = 'mongodb://localhost:1';

function refusalOf(options: unknown): OptionError {
  try {
    createMongoPool(options as MongoPoolOptions);
  } catch (error) {
    if (isPoolError(error) && error instanceof OptionError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('one truth for what the pool and the driver have in common', () => {
  test.each([
    ['max', 'maxPoolSize', 7, 7],
    ['min', 'minPoolSize', 3, 3],
    ['maxConnecting', 'maxConnecting', 4, 4],
    ['idleTimeoutMs', 'maxIdleTimeMS', 1_234, 1_234],
    ['acquireTimeoutMs', 'waitQueueTimeoutMS', 1_234, 1_234],
    ['createTimeoutMs', 'connectTimeoutMS', 1_234, 1_234],
    ['idleTimeoutMs', 'maxIdleTimeMS', Infinity, 0],
    ['acquireTimeoutMs', 'waitQueueTimeoutMS', Infinity, 0],
    ['createTimeoutMs', 'connectTimeoutMS', Infinity, 0],
    ['createTimeoutMs', 'connectTimeoutMS', 0.5, 1],
  ] as const)('pool.%s is the driver’s %s: %d as %d', (ours, drivers, value, expected) => {
    const { client } = createMongoPool({ connection: HOST, pool: { [ours]: value } });

    expect(client.options[drivers as 'maxPoolSize']).toBe(expected);
  });

  test('the pool’s defaults hold for the driver too', () => {
    const { client } = createMongoPool({ connection: HOST });

    expect(client.options).toMatchObject({
      maxPoolSize: 10,
      minPoolSize: 0,
      maxConnecting: 2,
      maxIdleTimeMS: 60_000,
      waitQueueTimeoutMS: 5_000,
      connectTimeoutMS: 10_000,
    });
  });

  test.each([
    ['in the connection string', { uri: `${HOST}/?maxPoolSize=7&minPoolSize=2` }],
    ['in the connection string, in other letters', { uri: `${HOST}/?MAXPOOLSIZE=7&minpoolsize=2` }],
    ['among the driver’s options', { uri: HOST, maxPoolSize: 7, minPoolSize: 2 }],
  ])('given once, %s, it is the pool’s', (_, connection) => {
    const pool = createMongoPool({ connection });

    expect(pool.stats()).toMatchObject({ max: 7, min: 2 });
    expect(pool.client.options).toMatchObject({ maxPoolSize: 7, minPoolSize: 2 });
  });

  test('given twice and the same is no contradiction', () => {
    const connection = { uri: `${HOST}/?maxPoolSize=7`, maxPoolSize: 7 };
    const pool = createMongoPool({ connection, pool: { max: 7 } });

    expect(pool.stats().max).toBe(7);
  });

  test.each([
    [
      'the pool and the driver’s options',
      { pool: { max: 5 }, connection: { uri: HOST, maxPoolSize: 6 } },
      ['connection.maxPoolSize', 'pool.max (5)', '6'],
    ],
    [
      'the pool and the connection string',
      { pool: { acquireTimeoutMs: 5 }, connection: `${HOST}/?waitQueueTimeoutMS=6` },
      ['waitQueueTimeoutMS in connection.uri', 'pool.acquireTimeoutMs (5)', '6'],
    ],
    [
      'the driver’s options and the connection string',
      { connection: { uri: `${HOST}/?maxIdleTimeMS=5`, maxIdleTimeMS: 6 } },
      ['maxIdleTimeMS in connection.uri', 'connection.maxIdleTimeMS (6)', '5'],
    ],
  ])('given twice and not the same, in %s, it is refused with both places', (_, options, said) => {
    const { message } = refusalOf(options);

    for (const part of said) expect(message).toContain(part);
  });

  test('a driver’s maxPoolSize without a limit is refused: a pool has one', () => {
    expect(refusalOf({ connection: `${HOST}/?maxPoolSize=0` }).option).toBe('max');
  });

  test('the driver’s other options pass as they are', () => {
    const { client } = createMongoPool({
      connection: { uri: `${HOST}/shop`, appName: 'till', serverSelectionTimeoutMS: 77 },
    });

    expect(client.options).toMatchObject({
      dbName: 'shop',
      appName: 'till',
      serverSelectionTimeoutMS: 77,
    });
  });
});

describe('what the driver cannot honour is refused by name, with what to use instead', () => {
  test.each([
    ['maxUses', 5, /rotateEveryMs/],
    ['maxLifetimeMs', 1_000, /rotateEveryMs/],
    ['maxLifetimeJitter', 0.1, /rotateEveryMs/],
    ['validateAfterIdleMs', 1_000, /watches its servers/],
    ['validateTimeoutMs', 1_000, /watches its servers/],
    ['keepaliveIntervalMs', 1_000, /watches its servers/],
  ])('%s', (option, value, instead) => {
    const refusal = refusalOf({ connection: HOST, pool: { [option]: value } });

    expect(refusal).toMatchObject({ option });
    expect(refusal.message).toMatch(/@pool\/mongodb cannot honour it/);
    expect(refusal.message).toMatch(instead);
  });

  test('maxLifetimeMs beside rotateEveryMs must be the same', () => {
    const [different, same] = [50_000, 60_000].map((maxLifetimeMs) => ({
      connection: HOST,
      rotateEveryMs: 60_000,
      pool: { maxLifetimeMs, maxLifetimeJitter: 0.1 },
    }));

    expect(refusalOf(different).message).toMatch(/pool.maxLifetimeMs: .*rotateEveryMs \(60000\)/);
    expect(createMongoPool(same!).name).toBe('mongodb');
  });
});

describe('bad input', () => {
  test.each([
    ['nothing', undefined, 'connection'],
    ['neither a connection nor a client', {}, 'connection'],
    ['both', { connection: HOST, client: new MongoClient(HOST) }, 'connection'],
    ['an object without uri', { connection: { url: HOST } }, 'connection.uri'],
    ['null', { connection: null }, 'connection.uri'],
    ['a number', { connection: 5 }, 'connection.uri'],
    ['an unknown option', { connection: HOST, max: 5 }, 'max'],
    ['an unknown option of the pool', { connection: HOST, pool: { maximum: 5 } }, 'maximum'],
    ['an unknown option of the driver', { connection: { uri: HOST, poolSize: 5 } }, 'connection'],
    ['another scheme', { connection: 'postgres://localhost' }, 'connection'],
    ['min above max', { connection: `${HOST}/?maxPoolSize=2&minPoolSize=3` }, 'min'],
    ['no duration', { connection: HOST, rotateEveryMs: 0 }, 'rotateEveryMs'],
    ['no number', { connection: HOST, rotateEveryMs: '5m' }, 'rotateEveryMs'],
    ['no boolean', { connection: HOST, failFastWhenNoPrimary: 1 }, 'failFastWhenNoPrimary'],
    ['no client', { client: {} }, 'client'],
    ['text for a number', { connection: `${HOST}/?maxPoolSize=many` }, 'max'],
  ])('%s is an OptionError that names it', (_, options, option) => {
    expect(refusalOf(options).option).toBe(option);
  });

  test('P24: no secret of the connection string is in an error, nor where the pool is looked at', () => {
    const secrets = ['s3cret', 'p%40ss'];
    const uris = [
      'mongodb://user:s3cret@/db',
      'mongodb://user:s3cret@localhost/?maxPoolSize=s3cret',
      'mongodb://user:s3cret@localhost/?nonsense=1',
      'mongodb://user:s3cret@host:notaport',
      'mongodb://user:p%40ss:s3cret@localhost',
      'user:s3cret@localhost',
    ];
    for (const uri of uris) {
      const refusal = refusalOf({ connection: uri });
      for (const secret of secrets)
        expect(`${inspect(refusal, { depth: 9 })}${JSON.stringify(refusal)}`).not.toContain(secret);
    }
    const pool = createMongoPool({ connection: 'mongodb://user:s3cret@localhost:1' });

    expect(`${inspect(pool, { depth: 9, showHidden: true })}${JSON.stringify(pool)}`).not.toContain('s3cret');
  });
});

describe('a client of your own', () => {
  const client = new MongoClient(`${HOST}/?maxPoolSize=20`);

  test('lends as many as it has sockets', () => {
    expect(createMongoPool({ client }).stats().max).toBe(20);
    expect(createMongoPool({ client, pool: { max: 5 } }).stats().max).toBe(5);
  });

  test('has the pool’s default when its own number has no limit', () => {
    expect(createMongoPool({ client: new MongoClient(`${HOST}/?maxPoolSize=0`) }).stats().max).toBe(10);
  });

  test('is asked for no more than it has', () => {
    expect(refusalOf({ client, pool: { max: 21 } }).message).toMatch(
      /pool.max: .*maxPoolSize .*\(20\), got 21/,
    );
  });

  test.each([
    ['min', 'minPoolSize'],
    ['idleTimeoutMs', 'maxIdleTimeMS'],
    ['maxConnecting', 'maxConnecting'],
  ])('is not told %s: that is to be set on it', (option, drivers) => {
    expect(refusalOf({ client, pool: { [option]: 1 } }).message).toContain(drivers);
  });

  test('is not replaced', () => {
    expect(refusalOf({ client, rotateEveryMs: 1_000 }).option).toBe('rotateEveryMs');
  });
});

describe('timeoutMS, which the driver ignores', () => {
  test.each([
    ['the driver’s options', { uri: HOST, timeoutMS: 100 }],
    ['the connection string', { uri: `${HOST}/?timeoutMS=100` }],
  ])('is warned of in %s', (_, connection) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    createMongoPool({ connection });

    // The driver may warn by itself, but not say what to use.
    expect(warn.mock.calls.map(([text]) => String(text))).toContainEqual(
      expect.stringMatching(/timeoutMS \(connection\) does nothing .* use timeoutMs/),
    );
    warn.mockRestore();
  });
});
