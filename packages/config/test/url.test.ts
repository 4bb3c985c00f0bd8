import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineConfig, type Driver } from '../src/index.ts';
import { problemsOf } from './support/problems.ts';

const config = (driver: Driver, url: string) => defineConfig({ db: { driver, url } }).db;
const targetOf = (driver: Driver, url: string): unknown => {
  const { connection } = config(driver, url);
  return typeof connection === 'string' ? connection : Object.values(connection)[0];
};
const faultOf = (driver: Driver, url: string) => problemsOf(() => config(driver, url))['db.url'];

describe('a URL', () => {
  test.each<[Driver, string]>([
    ['postgres', 'postgres://app:pw@db.example:5432/orders'],
    ['postgres', 'postgresql://db.example/orders?sslmode=verify-full&application_name=a@b'],
    ['postgres', 'postgres:///orders?host=/var/run/postgresql'],
    ['postgres', 'postgres://app:p%23w%40@[::1]:5432/orders'],
    ['postgres', 'postgres://%2Fvar%2Frun%2Fpostgresql/orders'],
    ['postgres', 'postgres://app:a:b@db.example/orders'],
    ['mysql', 'mysql://app:pw@db.example:3306/orders?ssl={"rejectUnauthorized":true}'],
    ['mysql', 'mariadb://app@db.example/orders'],
    ['mongodb', 'mongodb://a:1,b:2/db'],
    ['mongodb', 'mongodb://app:pw@a.example:27017,b.example:27018,[::1]:27019/db?replicaSet=rs0&w=majority'],
    ['mongodb', 'mongodb+srv://app:pw@cluster.example/?retryWrites=true'],
  ])('for %s goes to the driver untouched: %s', (driver, url) => {
    expect(targetOf(driver, url)).toBe(url);
  });

  test.each<[Driver, string, string]>([
    ['postgres', 'postgres://h/db?pool_max=5', 'postgres://h/db'],
    ['postgres', 'postgres://h/db?pool_max=5&sslmode=require', 'postgres://h/db?sslmode=require'],
    [
      'mysql',
      'mysql://h/db?charset=utf8mb4&pool_max=5&ssl=%7B%7D',
      'mysql://h/db?charset=utf8mb4&ssl=%7B%7D',
    ],
    ['mongodb', 'mongodb://a:1,b:2/db?POOL_MAX=5&w=1', 'mongodb://a:1,b:2/db?w=1'],
  ])('for %s loses the pool’s parameters before the driver sees it: %s', (driver, url, rest) => {
    expect(config(driver, url)).toMatchObject({ pool: { max: 5 } });
    expect(targetOf(driver, url)).toBe(rest);
  });

  test('’s parameter is percent-decoded', () => {
    expect(config('postgres', 'postgres://h/db?pool_name=a%20b')).toMatchObject({ pool: { name: 'a b' } });
  });

  test.each<[Driver, string, string]>([
    ['postgres', 'postgres://u:pa#ss@h/db', '%23 for it'],
    ['postgres', 'postgres://u:pa/ss@h/db', '%2F for it'],
    ['postgres', 'postgres://u:12/34@h/db', '%2F for it'],
    ['postgres', 'postgres://u:pa?ss@h/db', '%3F for it'],
    ['postgres', 'postgres://u:12?34@h/db', '%3F for it'],
    ['postgres', 'postgres://u:p@ss@h/db', '%40 for it'],
    ['postgres', 'postgres://u:pa%ss@h/db', '%25 for it'],
    ['postgres', 'postgres://u:pa ss@h/db', '%20 for it'],
    ['postgres', 'postgres://u:pass@h/db\n', '%20 for it'],
    ['mysql', 'mysql://u:pa#ss@h/db', '%23 for it'],
    ['mongodb', 'mongodb://u:pa/ss@a:1,b:2/db', '%2F for it'],
  ])('for %s with a raw character in its password is refused with its code: %s', (driver, url, write) => {
    expect(faultOf(driver, url)).toMatchObject({ write });
  });

  test.each<[Driver, string, RegExp]>([
    ['postgres', 'postgres://u:p@h1:1,h2:2/db', /^one host/],
    ['mysql', 'mysql://h1,h2/db', /^one host/],
    ['postgres', 'postgres://h:port/db', /a port of digits/],
    ['postgres', 'postgres:h', /a URL with \/\//],
    ['postgres', 'mysql://h/db', /begins with postgres: or postgresql:/],
    ['postgres', 'h/db', /begins with postgres:/],
    ['mysql', '//h/db', /begins with mysql:/],
    ['mongodb', 'postgres://h/db', /begins with mongodb: or mongodb\+srv:/],
    ['sqlite', './shop.db', /begins with file: or sqlite:/],
    ['sqlite', 'C:\\shop.db', /begins with file: or sqlite:/],
  ])('for %s is refused: %s', (driver, url, expected) => {
    expect(faultOf(driver, url)?.expected).toMatch(expected);
  });
});

describe('a password that comes apart from the URL', () => {
  test('is in the URL what it was, whatever it holds', () => {
    const passwords = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(passwords, (password) => {
        const url = 'postgres://app@db.example:5432/orders?sslmode=require';
        const { connection } = defineConfig({ db: { driver: 'postgres', url, password } }).db;
        const parsed = new URL(connection.connectionString);

        expect(decodeURIComponent(parsed.password)).toBe(password);
        expect(`${parsed.username}@${parsed.host}${parsed.pathname}${parsed.search}`).toBe(
          'app@db.example:5432/orders?sslmode=require',
        );
      }),
    );
  });
});

describe('the URL of a file', () => {
  test.each([
    ['file:shop.db', 'shop.db'],
    ['file:./data/shop.db', './data/shop.db'],
    ['file:../shop.db', '../shop.db'],
    ['file:/var/lib/shop.db', '/var/lib/shop.db'],
    ['file:///var/lib/shop.db', '/var/lib/shop.db'],
    ['file://localhost/var/lib/shop.db', '/var/lib/shop.db'],
    ['file:///C:/data/shop.db', 'C:/data/shop.db'],
    ['FILE:shop.db', 'shop.db'],
    ['sqlite:./shop.db', './shop.db'],
    ['file:my%20shop%23.db', 'my shop#.db'],
  ])('%s is the file %s', (url, filename) => {
    expect(targetOf('sqlite', url)).toBe(filename);
  });

  test.each([
    'file:',
    'file://data/shop.db',
    'sqlite://shop.db',
    'sqlite:///shop.db',
    'file:shop.db?mode=ro',
    'file:a#b.db',
    'file:a%b.db',
    'file:my shop.db',
  ])('%s is refused', (url) => {
    expect(faultOf('sqlite', url)).toBeDefined();
  });

  test('has the pool’s parameters', () => {
    expect(config('sqlite', 'file:./a.db?pool_readers=3&pool_durability=full')).toEqual({
      connection: { filename: './a.db' },
      pool: { name: 'db' },
      readers: 3,
      durability: 'full',
    });
  });

  test.each([':memory:', 'sqlite::memory:', 'file::memory:'])('%s is a database in memory', (url) => {
    expect(defineConfig({ db: { driver: 'sqlite', url } }).db).toMatchObject({
      connection: { filename: ':memory:' },
    });
  });
});
