import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { OPTION_NAMES } from '@pool/core';
import { loadConfig, type Configs } from '../src/index.ts';
import { problemsOf } from './support/problems.ts';

const DATABASE_URL = 'postgres://app:pw@db.example:5432/orders';
const refused = (env: Record<string, string>, driver: 'postgres' | 'sqlite' = 'postgres') =>
  problemsOf(() => loadConfig(env, { driver }));

describe('one database in the environment', () => {
  test('is DATABASE_URL, DATABASE_POOL_MAX, DATABASE_POOL_ACQUIRE_TIMEOUT=5s', () => {
    const env = { DATABASE_URL, DATABASE_POOL_MAX: '20', DATABASE_POOL_ACQUIRE_TIMEOUT: '5s', PATH: '/bin' };
    const config = loadConfig(env, { driver: 'postgres' });

    expectTypeOf(config).toEqualTypeOf<Configs['postgres']>();
    expect(config).toEqual({
      connection: { connectionString: DATABASE_URL },
      pool: { max: 20, acquireTimeoutMs: 5_000 },
    });
  });

  test.each(['ORDERS', 'ORDERS_'])('has the prefix %s, and its pool is named after it', (prefix) => {
    const env = { ORDERS_DATABASE_URL: DATABASE_URL, ORDERS_DATABASE_POOL_MIN: '1', DATABASE_POOL_MIN: '2' };

    expect(loadConfig(env, { driver: 'postgres', prefix })).toEqual({
      connection: { connectionString: DATABASE_URL },
      pool: { name: 'orders', min: 1 },
    });
  });

  test('has a variable for every option of the pool', () => {
    const texts = { text: 'x', flag: 'yes', share: '0.5', count: '2', duration: '9s' };
    const kinds: Record<string, keyof typeof texts> = {
      name: 'text',
      detectNestedAcquire: 'flag',
      maxLifetimeJitter: 'share',
    };
    const variables = OPTION_NAMES.map((option) => {
      const words = option.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
      const kind = kinds[option] ?? (option.endsWith('Ms') ? 'duration' : 'count');
      return [`DATABASE_POOL_${words.toUpperCase()}`, texts[kind]];
    });
    const { pool } = loadConfig({ DATABASE_URL, ...Object.fromEntries(variables) }, { driver: 'postgres' });

    expect(Object.keys(pool).toSorted()).toEqual(OPTION_NAMES.toSorted());
    expect(pool).toMatchObject({
      name: 'x',
      detectNestedAcquire: true,
      maxLifetimeJitter: 0.5,
      max: 2,
      closeGraceMs: 9_000,
    });
  });

  test.each([
    ['5000', 5_000],
    ['250ms', 250],
    ['2m', 120_000],
    ['never', Infinity],
  ])('a duration %s is %o ms', (text, ms) => {
    const env = { DATABASE_URL, DATABASE_POOL_IDLE_TIMEOUT: text };
    expect(loadConfig(env, { driver: 'postgres' }).pool).toEqual({ idleTimeoutMs: ms });
  });

  test.each(['', ' 5', '0x10', '1e3', '5.5', '-1', '∞', 'ten', '99999999999999999999'])(
    'a count %o is refused',
    (text) => {
      expect(refused({ DATABASE_URL, DATABASE_POOL_MAX: text })).toEqual({
        DATABASE_POOL_MAX: {
          where: 'DATABASE_POOL_MAX',
          expected: 'an integer of at least 1',
          write: 'DATABASE_POOL_MAX=10',
        },
      });
    },
  );

  test('has a preset, and what the adapter alone takes, as DATABASE_POOL_… too', () => {
    const env = {
      DATABASE_URL: 'file:./data/shop.db',
      DATABASE_POOL_PRESET: 'embedded',
      DATABASE_POOL_READERS: '3',
      DATABASE_POOL_AUTO_BATCH: 'off',
    };

    expect(loadConfig(env, { driver: 'sqlite' })).toEqual({
      connection: { filename: './data/shop.db' },
      pool: {},
      readers: 3,
      durability: 'full',
      autoBatch: false,
    });
  });
});

describe('what counts', () => {
  const pool = { max: 1, min: 1, maxConnecting: 1 };

  test('is the variable before the URL, the URL before the code, the code before the preset', () => {
    const url = `${DATABASE_URL}?pool_max=2&pool_min=2`;
    const loaded = loadConfig(
      { DATABASE_URL: url, DATABASE_POOL_MAX: '3' },
      { driver: 'postgres', preset: 'web', pool },
    );

    expect(loaded.pool).toEqual({ max: 3, min: 2, maxConnecting: 1, acquireTimeoutMs: 3_000 });
  });

  test('is the variable’s preset before the URL’s, and that before the code’s', () => {
    const url = `${DATABASE_URL}?pool_preset=worker`;
    expect(loadConfig({ DATABASE_URL: url }, { driver: 'postgres', preset: 'web' }).pool).toMatchObject({
      acquireTimeoutMs: 30_000,
    });
    const env = { DATABASE_URL: url, DATABASE_POOL_PRESET: 'serverless' };
    expect(loadConfig(env, { driver: 'postgres', preset: 'web' }).pool).toMatchObject({ max: 1 });
  });

  test('is the URL of the code only when the environment has none', () => {
    const options = { driver: 'sqlite', url: 'file:./code.db' } as const;
    expect(loadConfig({}, options).connection).toEqual({ filename: './code.db' });
    expect(loadConfig({ DATABASE_URL: 'file:./env.db' }, options).connection).toEqual({
      filename: './env.db',
    });
  });

  test('a wrong value is told where it was said', () => {
    const url = `${DATABASE_URL}?pool_max=0&pool_foo=1&pool_idle_timout=1`;
    expect(Object.keys(refused({ DATABASE_URL: url, DATABASE_POOL_MIN: 'x' })).toSorted()).toEqual([
      'DATABASE_POOL_MIN',
      'DATABASE_URL (?pool_foo)',
      'DATABASE_URL (?pool_idle_timout)',
      'DATABASE_URL (?pool_max)',
    ]);
    expect(refused({ DATABASE_URL: url })['DATABASE_URL (?pool_idle_timout)']?.write).toBe(
      '?pool_idle_timeout',
    );
  });
});

describe('an unknown variable', () => {
  test.each([
    ['DATABASE_POOL_SIZE', undefined],
    ['DATABASE_POOL_MAXIMUM', 'DATABASE_POOL_MAX'],
    ['DATABASE_POOL_ACQUIRE_TIMEOUT_MS', 'DATABASE_POOL_ACQUIRE_TIMEOUT'],
    ['DATABASE_POOL_ACQUIRETIMEOUT', 'DATABASE_POOL_ACQUIRE_TIMEOUT'],
    ['DATABASE_POOL_IDLE_TIMEOUT_MILLIS', 'DATABASE_POOL_IDLE_TIMEOUT'],
    ['DATABASE_POOL_max', 'DATABASE_POOL_MAX'],
    ['DATABASE_POOL_PRESETS', 'DATABASE_POOL_PRESET'],
  ])('%s is refused, and %s is named', (variable, nearest) => {
    const problem = refused({ DATABASE_URL, [variable]: '5' })[variable];

    expect(problem?.write).toBe(nearest);
    expect(problem?.expected).toMatch(
      nearest === undefined ? /^one of DATABASE_POOL_/ : 'an option that exists',
    );
  });

  test('that another driver would take is refused, with the one to use', () => {
    const problems = refused({ DATABASE_URL: 'file:a.db', DATABASE_POOL_MAX: '5' }, 'sqlite');
    expect(problems['DATABASE_POOL_MAX']?.write).toBe('DATABASE_POOL_READERS');
  });

  test('of other people is none of ours', () => {
    const env = { DATABASE_URL, DATABASE_SCHEMA: 'x', DATABASE_POOLER: 'x', X_DATABASE_POOL_SIZE: '1' };
    expect(loadConfig(env, { driver: 'postgres' }).pool).toEqual({});
  });
});

describe('a URL that is missing', () => {
  test('is told by its variable, with one to write', () => {
    expect(refused({})).toEqual({
      DATABASE_URL: {
        where: 'DATABASE_URL',
        expected: 'a URL; it is not given',
        write: 'DATABASE_URL=postgres://user:password@host:5432/database',
      },
    });
    expect(Object.keys(refused({ DATABASE_URL: '' }))).toEqual(['DATABASE_URL']);
  });
});

describe('a secret in a file', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'pool-config-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('is read by DATABASE_URL_FILE, without the line break at its end', () => {
    const env = { DATABASE_URL_FILE: file('url', `${DATABASE_URL}\n`) };
    expect(loadConfig(env, { driver: 'postgres' }).connection).toEqual({ connectionString: DATABASE_URL });
  });

  test('is read by DATABASE_PASSWORD_FILE, and put into the URL percent-encoded', () => {
    const env = {
      ORDERS_DATABASE_URL: 'mysql://app@db.example/orders',
      ORDERS_DATABASE_PASSWORD_FILE: file('password', 'a/b#c:d@e%f\r\n'),
    };
    expect(loadConfig(env, { driver: 'mysql', prefix: 'ORDERS' }).connection).toBe(
      'mysql://app:a%2Fb%23c%3Ad%40e%25f@db.example/orders',
    );
  });

  test('is refused beside the same secret in a variable', () => {
    const problems = refused({ DATABASE_URL, DATABASE_URL_FILE: file('both', DATABASE_URL) });
    expect(problems['DATABASE_URL']?.expected).toBe('nothing here: DATABASE_URL_FILE is given too');
  });

  test('that cannot be read is told by its variable, and only once', () => {
    expect(refused({ DATABASE_URL_FILE: join(folder, 'missing') })).toEqual({
      DATABASE_URL_FILE: {
        where: 'DATABASE_URL_FILE',
        expected: 'the name of a file that can be read (ENOENT)',
      },
    });
  });

  test('that holds a wrong URL is told by the file’s variable', () => {
    expect(Object.keys(refused({ DATABASE_URL_FILE: file('wrong', 'nonsense') }))).toEqual([
      'DATABASE_URL_FILE',
    ]);
  });

  test.each([
    ['postgres://db.example/x', 'a URL with a user when the password comes apart from it'],
    [DATABASE_URL, 'one password: the URL holds one too'],
  ])('a password for %s is refused', (url, expected) => {
    expect(refused({ DATABASE_URL: url, DATABASE_PASSWORD: 'pw' })['DATABASE_URL']?.expected).toBe(expected);
  });
});

describe('several databases', () => {
  const databases = {
    orders: { driver: 'postgres', preset: 'web' },
    orderEvents: { driver: 'mongodb' },
    cache: { driver: 'sqlite', prefix: 'LOCAL', pool: { name: 'local' } },
  } as const;

  test('have the prefixes of their names', () => {
    const config = loadConfig(
      {
        ORDERS_DATABASE_URL: DATABASE_URL,
        ORDER_EVENTS_DATABASE_URL: 'mongodb+srv://cluster.example/events',
        LOCAL_DATABASE_URL: 'file:/var/lib/cache.db',
      },
      { databases },
    );

    expectTypeOf(config.orderEvents).toEqualTypeOf<Configs['mongodb']>();
    expect(config).toEqual({
      orders: {
        connection: { connectionString: DATABASE_URL },
        pool: { name: 'orders', max: 15, min: 2, acquireTimeoutMs: 3_000 },
      },
      orderEvents: {
        connection: { uri: 'mongodb+srv://cluster.example/events' },
        pool: { name: 'orderEvents' },
      },
      cache: { connection: { filename: '/var/lib/cache.db' }, pool: { name: 'local' } },
    });
  });

  test('are all checked before anything is told', () => {
    expect(Object.keys(problemsOf(() => loadConfig({}, { databases })))).toEqual([
      'ORDERS_DATABASE_URL',
      'ORDER_EVENTS_DATABASE_URL',
      'LOCAL_DATABASE_URL',
    ]);
  });
});
