import { describe, expect, expectTypeOf, test } from 'vitest';
import { parseConfig, type Configs } from '../src/index.ts';
import { problemsOf } from './support/problems.ts';

const YAML = `
$schema: ./node_modules/@pool/config/schema.json
orders:
  driver: postgres
  url: postgres://app@db.example/orders
  preset: web
  pool: { max: 20, acquireTimeout: 5s }   # for people
cache:
  driver: sqlite
  url: file:./cache.db
  pragmas: { cache_size: -1000 }
`;
const PARSED = {
  orders: {
    connection: { connectionString: 'postgres://app@db.example/orders' },
    pool: { name: 'orders', max: 20, min: 2, acquireTimeoutMs: 5_000 },
  },
  cache: {
    connection: { filename: './cache.db' },
    pool: { name: 'cache' },
    pragmas: { cache_size: -1000 },
  },
};
const DRIVERS = { orders: 'postgres', cache: 'sqlite' } as const;

describe('a text', () => {
  test('may be YAML', () => {
    const config = parseConfig(YAML, DRIVERS);

    expectTypeOf(config.orders).toEqualTypeOf<Configs['postgres']>();
    expect(config).toEqual(PARSED);
  });

  test('may be JSON', () => {
    const json = JSON.stringify({
      orders: {
        driver: 'postgres',
        url: 'postgres://app@db.example/orders',
        preset: 'web',
        pool: { max: 20, acquireTimeout: 5000 },
      },
      cache: { driver: 'sqlite', url: 'file:./cache.db', pragmas: { cache_size: -1000 } },
    });

    expect(parseConfig(json, DRIVERS)).toEqual(PARSED);
  });

  test('may have databases that this program does not need, and they are checked too', () => {
    expect(parseConfig(YAML, { cache: 'sqlite' }).cache).toEqual(PARSED.cache);
    const wrong = YAML.replace('max: 20', 'max: none');
    expect(Object.keys(problemsOf(() => parseConfig(wrong, { cache: 'sqlite' })))).toEqual([
      'orders.pool.max',
    ]);
  });

  test('that lacks a database, or has another driver for it, is refused', () => {
    expect(problemsOf(() => parseConfig(YAML, { orders: 'mysql', stock: 'mysql' }))).toMatchObject({
      'orders.driver': { expected: 'mysql' },
      stock: { expected: 'a database with the driver mysql' },
    });
  });

  test.each([
    ['orders: {', 'line 1, column 10'],
    ['a: 1\na: 2', 'line 2, column 1'],
    ['orders:\n\tdriver: x', 'line 2, column 1'],
  ])('%o is no YAML, and the place is told', (text, where) => {
    expect(Object.keys(problemsOf(() => parseConfig(text, {})))).toEqual([where]);
  });

  test.each(['', 'null', '5', '[]', 'postgres://h/db'])('%o is no config', (text) => {
    expect(Object.keys(problemsOf(() => parseConfig(text, {})))).toEqual(['the configuration']);
  });
});
