// The table of drivers beside the adapters themselves: what one takes, the other takes.
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { createMongoPool, type MongoPoolOptions } from '@pool/mongodb';
import { createMysqlPool, type MysqlPoolOptions } from '@pool/mysql';
import { createPostgresPool, type PostgresPoolOptions } from '@pool/postgres';
import { createSqlitePool, type SqlitePoolOptions } from '@pool/sqlite';
import { OPTION_KINDS, OPTION_NAMES, OptionError, type PoolOptions } from '@pool/core';
import { defineConfig, parseConfig, type Configs, type Driver } from '../src/index.ts';
import { DRIVERS } from '../src/drivers.ts';
import { exampleOf, valueOfText } from '../src/kind.ts';
import { keyOf } from '../src/setting.ts';
import { errorOf } from './support/problems.ts';

const pools: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** Makes the real pool, which connects to nothing before its first call. */
const CREATE: Record<Driver, (config: never) => { close(): Promise<void> }> = {
  postgres: createPostgresPool,
  mysql: createMysqlPool,
  mongodb: createMongoPool,
  sqlite: createSqlitePool,
};
const URLS: Record<Driver, string> = {
  postgres: 'postgres://app:pw@db.example/orders',
  mysql: 'mysql://app:pw@db.example/orders',
  mongodb: 'mongodb://app:pw@db.example/orders',
  sqlite: 'file:./never-opened.db',
};

const create = (driver: Driver, config: object): void => {
  pools.push(CREATE[driver](config as never));
};
const bare = (driver: Driver): Configs[Driver] => defineConfig({ db: { driver, url: URLS[driver] } }).db;
const drivers = Object.keys(DRIVERS) as Driver[];

/** A value that the kind takes. */
const SAMPLES: Record<string, unknown> = { text: 'x', flag: true, share: 0.5, count: 3, duration: 5_000 };
const sampleOf = (option: keyof PoolOptions): unknown =>
  option === 'min' ? 1 : SAMPLES[OPTION_KINDS[option].type];

const isRefusedByAdapter = (driver: Driver, option: keyof PoolOptions): boolean => {
  try {
    create(driver, { ...bare(driver), ...rotation(driver), pool: { [option]: sampleOf(option) } });
    return false;
  } catch (error) {
    if (error instanceof OptionError) return true;
    throw error;
  }
};

/** MongoDB takes a jitter only with it. */
const rotation = (driver: Driver): object => (driver === 'mongodb' ? { rotateEveryMs: 60_000 } : {});
const isRefusedHere = (driver: Driver, option: keyof PoolOptions): boolean => {
  const said = driver === 'mongodb' ? { rotateEvery: '60s' } : {};
  const pool = { [keyOf(option)]: sampleOf(option) };
  return (
    errorOf(() => defineConfig({ db: { driver, url: URLS[driver], ...said, pool } } as never)) !== undefined
  );
};

describe.each(drivers)('@pool/config and the adapter for %s', (driver) => {
  test('agree: the adapter takes the config as it is', () => {
    expect(() => create(driver, bare(driver))).not.toThrow();
  });

  test.each(OPTION_NAMES)('agree on pool.%s: both take it, or both refuse it', (option) => {
    expect(isRefusedHere(driver, option)).toBe(isRefusedByAdapter(driver, option));
  });

  test.each(Object.entries(DRIVERS[driver].options))('agree on %s', (option, kind) => {
    const value = kind.type === 'map' ? { cache_size: -1000 } : valueOfText(kind, exampleOf(kind));
    const config = defineConfig({ db: { driver, url: URLS[driver], [keyOf(option)]: value } } as never) as {
      db: object;
    };

    expect(config.db).toHaveProperty(option);
    expect(() => create(driver, config.db)).not.toThrow();
  });

  test.each(['web', 'worker', 'serverless'] as const)('agree on the preset %s', (preset) => {
    const config = defineConfig({ db: { driver, url: URLS[driver], preset } });

    expect(() => create(driver, config.db)).not.toThrow();
  });
});

describe('the types', () => {
  test('of the configs are those that the adapters take', () => {
    expectTypeOf<Configs['postgres']>().toExtend<PostgresPoolOptions>();
    expectTypeOf<Configs['mysql']>().toExtend<MysqlPoolOptions>();
    expectTypeOf<Configs['mongodb']>().toExtend<MongoPoolOptions>();
    expectTypeOf<Configs['sqlite']>().toExtend<SqlitePoolOptions>();
  });

  test('leave no option of an adapter out but those that only code can give', () => {
    expectTypeOf<keyof PostgresPoolOptions>().toEqualTypeOf<keyof Configs['postgres']>();
    expectTypeOf<keyof MysqlPoolOptions>().toEqualTypeOf<keyof Configs['mysql']>();
    expectTypeOf<keyof MongoPoolOptions>().toEqualTypeOf<keyof Configs['mongodb'] | 'client'>();
    expectTypeOf<keyof SqlitePoolOptions>().toEqualTypeOf<
      keyof Configs['sqlite'] | 'mode' | 'createWorker'
    >();
  });

  test('fit the adapters’ functions without a cast, whatever the source', () => {
    const config = defineConfig({
      orders: { driver: 'postgres', url: URLS.postgres },
      cache: { driver: 'sqlite', url: URLS.sqlite },
    });
    const parsed = parseConfig(`{ "events": { "driver": "mongodb", "url": "${URLS.mongodb}" } }`, {
      events: 'mongodb',
    });
    const cache = createSqlitePool({ ...config.cache, mode: 'inline' });
    pools.push(createPostgresPool(config.orders), createMongoPool(parsed.events), cache);

    expect(cache.stats().reader.name).toBe('cache:reader');
  });
});
