import { describe, expect, expectTypeOf, test } from 'vitest';
import { OPTION_NAMES, resolveOptions } from '@pool/core';
import { ConfigError, defineConfig, type ConfigInput, type PoolInput } from '../src/index.ts';
import { errorOf, problemsOf } from './support/problems.ts';

const URL = 'postgres://app@db.example/orders';
const postgres = (more: object) =>
  defineConfig({ orders: { driver: 'postgres', url: URL, ...more } } as const).orders;
const refused = (input: unknown) => problemsOf(() => defineConfig(input as ConfigInput));

describe('a config of several databases', () => {
  const config = defineConfig({
    orders: { driver: 'postgres', url: URL, pool: { max: 20, acquireTimeout: '3s', maxLifetime: 'never' } },
    stock: { driver: 'mysql', url: 'mysql://app@db.example/stock', pool: { maxUses: 'unlimited' } },
    events: { driver: 'mongodb', url: 'mongodb://a.example,b.example/events', pool: { name: 'log' } },
    cache: { driver: 'sqlite', url: 'file:./cache.db', readers: 2, pragmas: { cache_size: -1000 } },
  });

  test('gives each what its adapter takes, the pool named like the database', () => {
    expect(config).toEqual({
      orders: {
        connection: { connectionString: URL },
        pool: { name: 'orders', max: 20, acquireTimeoutMs: 3_000, maxLifetimeMs: Infinity },
      },
      stock: {
        connection: 'mysql://app@db.example/stock',
        pool: { name: 'stock', maxUses: Infinity },
      },
      events: { connection: { uri: 'mongodb://a.example,b.example/events' }, pool: { name: 'log' } },
      cache: {
        connection: { filename: './cache.db' },
        pool: { name: 'cache' },
        readers: 2,
        pragmas: { cache_size: -1000 },
      },
    });
  });

  test('is typed by the driver of each', () => {
    expectTypeOf(config.orders.connection).toEqualTypeOf<{ connectionString: string }>();
    expectTypeOf(config.cache.connection).toEqualTypeOf<{ filename: string }>();
    expectTypeOf(config.cache.durability).toEqualTypeOf<'normal' | 'full' | undefined>();
    // @ts-expect-error: there is no such database
    expect(config.nothing).toBeUndefined();
  });

  test('says nothing that was not said: a default stays the adapter’s', () => {
    expect(postgres({})).toEqual({ connection: { connectionString: URL }, pool: { name: 'orders' } });
  });

  test('passes the driver’s own options on as they are', () => {
    const ssl = { checkServerIdentity: () => undefined };
    expect(postgres({ connection: { ssl } })).toMatchObject({ connection: { connectionString: URL, ssl } });
    const alone = defineConfig({ a: { driver: 'postgres', connection: { host: 'db.example' } } });
    expect(alone.a.connection).toEqual({ host: 'db.example' });
  });
});

describe('an option of the pool', () => {
  test('is called as the core calls it, less the unit of durations', () => {
    expectTypeOf<keyof PoolInput>().toEqualTypeOf<
      | 'name'
      | 'max'
      | 'min'
      | 'maxWaiting'
      | 'maxConnecting'
      | 'acquireTimeout'
      | 'createTimeout'
      | 'validateTimeout'
      | 'resetTimeout'
      | 'destroyTimeout'
      | 'validateAfterIdle'
      | 'idleTimeout'
      | 'maxLifetime'
      | 'maxLifetimeJitter'
      | 'maxUses'
      | 'keepaliveInterval'
      | 'leakThreshold'
      | 'maxLease'
      | 'closeGrace'
      | 'detectNestedAcquire'
    >();
  });

  test('exists for every option of the core, and gives that option', () => {
    const pool = Object.fromEntries(
      OPTION_NAMES.map((option) => {
        if (option.endsWith('Ms')) return [option.slice(0, -2), '7s'];
        return [
          option,
          { name: 'x', detectNestedAcquire: true, maxLifetimeJitter: 0.5 }[option as 'name'] ?? 3,
        ];
      }),
    );
    const given = postgres({ pool }).pool;

    expect(Object.keys(given).toSorted()).toEqual(OPTION_NAMES.toSorted());
    expect(given).toMatchObject({ acquireTimeoutMs: 7_000, closeGraceMs: 7_000, max: 3, name: 'x' });
    expect(() => resolveOptions(given)).not.toThrow();
  });

  test.each([
    ['acquireTimeout', '500ms', 500],
    ['acquireTimeout', '5s', 5_000],
    ['maxLifetime', '30m', 1_800_000],
    ['maxLifetime', '2h', 7_200_000],
    ['maxLifetime', '1d', 86_400_000],
    ['acquireTimeout', 250, 250],
    ['acquireTimeout', 0.5, 0.5],
    ['closeGrace', 0, 0],
    ['closeGrace', '0s', 0],
    ['validateAfterIdle', 'never', Infinity],
  ])('%s takes %o', (key, value, ms) => {
    expect(postgres({ pool: { [key]: value } }).pool).toEqual({ name: 'orders', [`${key}Ms`]: ms });
  });

  test.each([
    '5 s',
    '5',
    's',
    '-5s',
    '1.5s',
    '0s',
    '0',
    0,
    -1,
    Infinity,
    Number.NaN,
    true,
    null,
    {},
    [],
    '5S',
    '1 year',
  ])('acquireTimeout refuses %o, and says what it takes', (value) => {
    expect(refused({ orders: { driver: 'postgres', url: URL, pool: { acquireTimeout: value } } })).toEqual({
      'orders.pool.acquireTimeout': {
        where: 'orders.pool.acquireTimeout',
        expected: 'a duration above 0 such as 500ms, 30s, 5m or 1h, a number of milliseconds, or never',
        write: "acquireTimeout: '5s'",
      },
    });
  });

  test.each([
    ['max', 0, 'an integer of at least 1', 'max: 10'],
    ['max', '10', 'an integer of at least 1', 'max: 10'],
    ['min', 1.5, 'an integer of at least 0', 'min: 0'],
    ['maxUses', 0, 'an integer of at least 1, or unlimited', "maxUses: 'unlimited'"],
    ['maxLifetimeJitter', 2, 'a number from 0 to 1', 'maxLifetimeJitter: 0.25'],
    ['detectNestedAcquire', 'yes', 'true or false', 'detectNestedAcquire: true'],
    ['name', '', 'a text that is not empty', "name: 'orders'"],
  ])('%s refuses %o', (key, value, expected, write) => {
    const where = `orders.pool.${key}`;
    expect(refused({ orders: { driver: 'postgres', url: URL, pool: { [key]: value } } })).toEqual({
      [where]: { where, expected, write },
    });
  });

  test('min above max is refused, also above the default of max', () => {
    const problem = { 'orders.pool.min': { expected: 'at most max' } };
    expect(refused({ orders: { driver: 'postgres', url: URL, pool: { min: 3, max: 2 } } })).toMatchObject(
      problem,
    );
    expect(refused({ orders: { driver: 'postgres', url: URL, pool: { min: 11 } } })).toMatchObject(problem);
  });

  test.each([
    ['idleTimeoutMs', 'idleTimeout'],
    ['idleTimeoutMillis', 'idleTimeout'],
    ['maxx', 'max'],
    ['acquire_timeout', 'acquireTimeout'],
    ['maxLifeTime', 'maxLifetime'],
  ])('%s does not exist, and %s is named', (key, write) => {
    expect(refused({ orders: { driver: 'postgres', url: URL, pool: { [key]: 1 } } })).toMatchObject({
      [`orders.pool.${key}`]: { expected: 'an option that exists', write },
    });
  });

  test('that the driver’s adapter cannot honour is refused with the one to use', () => {
    expect(refused({ cache: { driver: 'sqlite', url: 'file:c.db', pool: { max: 5, min: 1 } } })).toEqual({
      'cache.pool.max': {
        where: 'cache.pool.max',
        expected: 'nothing here: sqlite cannot honour it, one connection writes and others read',
        write: 'readers',
      },
      'cache.pool.min': {
        where: 'cache.pool.min',
        expected: 'nothing here: sqlite cannot honour it, one reader and the writer are kept open',
      },
    });
  });
});

describe('what is wrong', () => {
  test('is told all at once, in one message', () => {
    const error = errorOf(() =>
      defineConfig({
        orders: { driver: 'postgres', pool: { max: 0 } },
        cache: { driver: 'sqlite', url: 'cache.db', writers: 3 },
      }),
    );

    expect(error).toBeInstanceOf(ConfigError);
    expect(error?.name).toBe('ConfigError');
    expect(error?.code).toBe('POOL_INVALID_CONFIG');
    expect(error?.message).toBe(
      [
        '4 problems:',
        "orders.url: expected a URL; it is not given; write url: 'postgres://user:password@host:5432/database'",
        'orders.pool.max: expected an integer of at least 1; write max: 10',
        'cache.url: expected a URL that begins with file: or sqlite:; write file:./data/shop.db',
        'cache.writers: expected an integer from 1 to 2; write writers: 2',
      ].join('\n  '),
    );
  });

  test.each([
    [null, 'the configuration'],
    [[], 'the configuration'],
    ['postgres', 'the configuration'],
    [{ 'a b': { driver: 'postgres' } }, 'the configuration'],
    [{ a: null }, 'a'],
    [{ a: [] }, 'a'],
    [{ a: {} }, 'a.driver'],
    [{ a: { driver: 'constructor' } }, 'a.driver'],
    [{ a: { driver: ['postgres'] } }, 'a.driver'],
    [{ a: { driver: 'postgres', url: 5 } }, 'a.url'],
    [{ a: { driver: 'postgres', url: '' } }, 'a.url'],
    [{ a: { driver: 'postgres', url: URL, pool: 5 } }, 'a.pool'],
    [{ a: { driver: 'postgres', url: URL, pool: null } }, 'a.pool'],
    [{ a: { driver: 'postgres', url: URL, preset: 'toString' } }, 'a.preset'],
    [{ a: { driver: 'postgres', url: URL, preset: 'embedded' } }, 'a.preset'],
    [{ a: { driver: 'postgres', url: URL, connection: 5 } }, 'a.connection'],
    [
      { a: { driver: 'postgres', url: URL, connection: { connectionString: 'x' } } },
      'a.connection.connectionString',
    ],
    [{ a: { driver: 'postgres', url: URL, pools: {} } }, 'a.pools'],
    [{ a: { driver: 'mysql', url: 'mysql://h/db', connection: { port: 1 } } }, 'a.connection'],
    [{ a: { driver: 'postgres', url: URL, readers: 2 } }, 'a.readers'],
    [{ a: { driver: 'sqlite', url: 'file:a', password: 'x' } }, 'a.password'],
    [{ a: { driver: 'sqlite', url: 'file:a', pragmas: { x: {} } } }, 'a.pragmas'],
    [{ a: { driver: 'sqlite', url: 'file:a', durability: 'some' } }, 'a.durability'],
    [
      { a: { driver: 'mongodb', url: 'mongodb://h', pool: { maxLifetimeJitter: 0 } } },
      'a.pool.maxLifetimeJitter',
    ],
    [{ a: { driver: 'postgres', url: URL, replicas: [1] } }, 'a.replicas'],
  ])('%o is refused at %s', (input, where) => {
    expect(Object.keys(refused(input))).toEqual([where]);
  });

  test('T: a key __proto__ is refused, and changes nothing', () => {
    const text = `{ "a": { "driver": "postgres", "url": "${URL}", "pool": { "__proto__": { "max": 1 } } } }`;

    expect(Object.keys(refused(JSON.parse(text)))).toEqual(['a.pool.__proto__']);
    expect(({} as { max?: number }).max).toBeUndefined();
  });
});
