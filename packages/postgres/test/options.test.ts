import { array, assert, constantFrom, oneof, property, string, tuple } from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPostgresPool, OptionError, type PostgresPoolOptions } from '../src/index.ts';
import { configOf, resolveConnection } from '../src/connection-config.ts';
import { database, open, until, value } from './support/fixture.ts';

function refusal(options: unknown): OptionError {
  try {
    createPostgresPool(options as PostgresPoolOptions);
  } catch (error) {
    return error as OptionError;
  }
  throw new Error('expected a refusal');
}

const config = (input: Parameters<typeof resolveConnection>[2]): Record<string, unknown> =>
  configOf(resolveConnection('test', 'connection', input), undefined) as Record<string, unknown>;

function reading(url: string): { error?: unknown; found?: Record<string, unknown> } {
  try {
    return { found: config(url) };
  } catch (error) {
    return { error };
  }
}

const ADDRESS = 'postgres://ada:secret@db.example:6543/orders';

describe('options', () => {
  const wrong: Record<string, [options: object, option: string]> = {
    'no connection': [{}, 'connection'],
    'an empty connection': [{ connection: '' }, 'connection'],
    'an unknown option': [{ connection: ADDRESS, max: 5 }, 'max'],
    'an unknown reset': [{ connection: ADDRESS, reset: 'sometimes' }, 'reset'],
    'an unknown pooler': [{ connection: ADDRESS, pooler: 'pgbouncer' }, 'pooler'],
    'replicas that are no list': [{ connection: ADDRESS, replicas: ADDRESS }, 'replicas'],
    'a replica that is no connection': [{ connection: ADDRESS, replicas: [7] }, 'replicas'],
    'a wrong option of the core': [{ connection: ADDRESS, pool: { max: 0 } }, 'max'],
    "pg's own time limit": [
      { connection: { connectionTimeoutMillis: 5 } },
      'connection.connectionTimeoutMillis',
    ],
    "pg's pipeline": [{ connection: { pipeline: true } }, 'connection.pipeline'],
    'a stream, which serves once': [{ connection: { stream: {} } }, 'connection.stream'],
    'a URL of a replica': [
      { connection: ADDRESS, replicas: ['postgres://h/d?sslmode=no-verify'] },
      'replicas[0].connectionString',
    ],
    'a direct URL': [
      { connection: ADDRESS, directConnection: 'nowhere' },
      'directConnection.connectionString',
    ],
  };
  for (const [name, [options, option]] of Object.entries(wrong)) {
    test(`${name}: refused by name`, () => {
      const error = refusal(options);
      expect(error).toBeInstanceOf(OptionError);
      expect(error.option).toBe(option);
    });
  }

  test('P24: what is refused is not printed', () => {
    const error = refusal({ connection: 'postgres://ada:c4n4ry@[bad/orders' });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('c4n4ry');
  });
});

describe('T: a URL', () => {
  test('says where the server is, and how a session begins', () => {
    const found = config(
      `${ADDRESS}?application_name=shop&statement_timeout=500&options=-c%20work_mem%3D8MB`,
    );
    expect(found).toMatchObject({
      user: 'ada',
      password: 'secret',
      host: 'db.example',
      port: 6543,
      database: 'orders',
      application_name: 'shop',
      statement_timeout: '500',
      options: '-c work_mem=8MB',
      keepAlive: true,
    });
  });

  test('may be percent-encoded, name an IPv6 address, or the directory of a socket', () => {
    expect(config('postgres://a%40b:p%2Fw%25@h/d%20b')).toMatchObject({
      user: 'a@b',
      password: 'p/w%',
      database: 'd b',
    });
    expect(config('postgres://h/d')['port']).toBeUndefined();
    expect(config('postgres://[::1]:7/d')).toMatchObject({ host: '::1', port: 7 });
    expect(config('postgres:///d?host=/run/postgres')).toMatchObject({
      host: '/run/postgres',
      database: 'd',
    });
    expect(config('postgres://%2Frun%2Fpostgres/d')).toMatchObject({ host: '/run/postgres', database: 'd' });
    expect(config('socket:/run/postgres?db=d')).toMatchObject({ host: '/run/postgres', database: 'd' });
  });

  const hostile = [
    'host=evil.example',
    'port=1',
    'user=evil',
    'password=x',
    'database=other',
    'dbname=other',
    'ssl=0',
    'ssl=no-verify',
    'sslmode=no-verify',
    'sslmode=allow',
    'sslrootcert=/etc/passwd',
    'sslcert=/etc/passwd',
    'sslkey=/etc/passwd',
    'uselibpqcompat=true&sslmode=require',
    '__proto__=x',
    'constructor=x',
  ];
  for (const parameters of hostile) {
    test(`with ${parameters} is refused`, () => {
      expect(refusal({ connection: `${ADDRESS}?${parameters}` })).toMatchObject({
        option: 'connection.connectionString',
      });
    });
  }

  test('may ask for TLS, and cannot take back what the code or the environment asks for', () => {
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      expect(config(`${ADDRESS}?sslmode=${mode}`)['ssl']).toEqual({});
    }
    expect(config(`${ADDRESS}?sslmode=disable`)['ssl']).toBe(false);
    const ssl = { ca: 'ours' };
    expect(config({ connectionString: `${ADDRESS}?sslmode=disable`, ssl })['ssl']).toEqual(ssl);
    expect(config({ connectionString: `${ADDRESS}?sslmode=no-verify`, ssl })['ssl']).toEqual(ssl);
    vi.stubEnv('PGSSLMODE', 'require');
    expect(refusal({ connection: `${ADDRESS}?sslmode=disable` })).toBeInstanceOf(OptionError);
    vi.unstubAllEnvs();
  });

  test('never goes anywhere else than its authority says, whatever its parameters are', () => {
    const names = [
      'host',
      'port',
      'user',
      'ssl',
      'sslmode',
      'options',
      'HOST',
      'db',
      '__proto__',
      'connectionString',
    ];
    const parameter = tuple(oneof(constantFrom(...names), string()), string());
    assert(
      property(array(parameter, { maxLength: 4 }), string(), (parameters, path) => {
        const query = new URLSearchParams(parameters).toString();
        const text = `postgres://ada:secret@db.example:6543/${path.replace(/[?#]/g, '')}?${query}`;
        const { error, found = {} } = reading(text);
        if (error !== undefined) return error instanceof OptionError && !error.message.includes('secret');
        const { ssl = false, user, password, host, port } = found;
        const isSafe = ssl === false || Object.keys(ssl as object).length === 0;
        return isSafe && [user, password, host, port].join() === 'ada,secret,db.example,6543';
      }),
    );
  });

  test('is overridden by the code beside it, password included', () => {
    expect(config({ connectionString: ADDRESS, password: 'other', database: 'd' })).toMatchObject({
      user: 'ada',
      password: 'other',
      database: 'd',
    });
  });
});

describe('T: prototype pollution', () => {
  const polluted = Object.prototype as Record<string, unknown>;
  afterEach(() => {
    for (const key of Object.keys(polluted)) delete polluted[key];
  });

  test('of a key that pg reads or of an option of ours changes nothing', async () => {
    Object.assign(polluted, {
      ssl: { rejectUnauthorized: false },
      host: 'evil.example',
      options: '-c work_mem=1MB',
      max: 1,
    });
    Object.assign(polluted, {
      reset: 'never',
      replicas: ['postgres://evil.example/d'],
      statement_timeout: 1,
      stream: () => undefined,
    });
    const { pool } = open({ connection: database.url });
    expect(await value(pool, "select current_setting('statement_timeout')")).toBe('0');
    await pool.query("set app.tenant = 'x'");
    await until(() => pool.metrics().postgres.resets === 1);
    expect([pool.stats().max, pool.stats().replicas]).toEqual([10, []]);
  });
});

test('T mysql2 #4473: each connection has a config of its own', () => {
  const resolved = resolveConnection('test', 'connection', { host: 'h', ssl: { ca: 'ours' } });
  const [first, second] = [configOf(resolved, 'one'), configOf(resolved, 'two')];
  Object.assign(first.ssl as object, { ca: 'theirs' });
  first.host = 'elsewhere';
  expect(second).toMatchObject({ host: 'h', ssl: { ca: 'ours' }, password: 'two' });
});
