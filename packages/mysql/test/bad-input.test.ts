import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMysqlPool, OptionError, type MysqlPoolOptions } from '../src/index.ts';
import { fixture, openPool, valueOf } from './support/fixture.ts';

const { place, open } = await fixture();
const SECRET = 'canary-2b9d';

function refusal(options: unknown): OptionError {
  try {
    createMysqlPool(options as MysqlPoolOptions);
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const url = (query: string): string => `mysql://shop:${SECRET}@db.example/shop?${query}`;

describe('T: a URL decides nothing that weakens the connection', () => {
  test.each([
    'multipleStatements=true',
    'ssl={"rejectUnauthorized":false}',
    'ssl=Amazon%20RDS',
    'ssl=false',
    'flags=LOCAL_FILES',
    'flags=-SSL',
    'infileStreamFactory=x',
    'insecureAuth=true',
    'enableCleartextPlugin=true',
    'authPlugins={}',
    'host=evil.example',
    'port=1',
    'user=root',
    'password=other',
    'database=mysql',
    'socketPath=/tmp/evil.sock',
    'stream=x',
    'uri=mysql://evil.example',
    'debug=true',
    'trace=false',
    'connectionLimit=5',
    '__proto__=x',
    'constructor=x',
    'Charset=latin1',
  ])('%s is refused', (query) => {
    const { option, message } = refusal({ connection: url(query) });
    expect(option).toMatch(/^connection: URL parameter/);
    expect(message).not.toContain(SECRET);
    expect(message).not.toContain('evil');
  });

  test('any other parameter than the known ones is refused, whatever it is', () => {
    const known = new Set(
      'charset timezone connectTimeout maxPreparedStatements compress dateStrings decimalNumbers supportBigNumbers bigNumberStrings jsonStrings'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (key, value) => {
        fc.pre(!known.has(key));
        const query = new URLSearchParams([[key, value]]).toString();
        expect(refusal({ connection: url(query) }).message).not.toContain(SECRET);
      }),
    );
  });

  test.each(['charset=utf8mb4_bin', 'timezone=%2B02:00', 'dateStrings=true', 'connectTimeout=500'])(
    '%s is taken',
    async (query) => {
      const pool = openPool(place, {}, { connection: `${place.url}?${query}` });
      await pool.ready();
      expect(pool.stats().idle).toBe(1);
    },
  );

  test.each(['dateStrings=yes', 'connectTimeout=soon', 'maxPreparedStatements=-1', 'charset='])(
    '%s is a wrong value',
    (query) => {
      expect(refusal({ connection: url(query) }).expected).not.toContain('set in code');
    },
  );

  test('its charset is the session’s, also after a reset', async () => {
    const pool = openPool(place, { max: 1 }, { connection: `${place.url}?charset=latin1_swedish_ci` });
    const collation = (): Promise<unknown> => pool.use((c) => valueOf(c, 'SELECT @@collation_connection'));
    expect(await collation()).toBe('latin1_swedish_ci');
    await pool.query('SET @dirt = 1');
    expect(await collation()).toBe('latin1_swedish_ci');
    expect(pool.metrics().counters.created).toBe(1);
  });
});

describe('an address that is none', () => {
  test.each([
    'not a url',
    'postgres://a/b',
    'mysql://',
    'mysql:///shop',
    `mysql://shop:${SECRET}#1@db.example/shop`,
    `mysql://a:1,b:2/shop`,
    `mysql://shop:%E0%A4%A@db.example/shop`,
    42,
    null,
    undefined,
    [[]],
  ])('%j', (connection) => {
    const { message, option } = refusal({ connection });
    expect(option).toMatch(/^connection/);
    expect(message).not.toContain(SECRET);
  });
});

describe('options', () => {
  test.each([
    [{ conection: {} }, 'conection'],
    [{ reset: 'sometimes' }, 'reset'],
    [{ reset: true }, 'reset'],
    [{ pool: { max: 0 } }, 'max'],
    [{ pool: { mx: 1 } }, 'mx'],
    [{ connection: { uri: place.url } }, 'connection.uri'],
    [{ connection: { connectionLimit: 5 } }, 'connection.connectionLimit'],
    [{ connection: { waitForConnections: true } }, 'connection.waitForConnections'],
    [{ connection: { queueLimit: 0 } }, 'connection.queueLimit'],
    [{ connection: { resetOnRelease: true } }, 'connection.resetOnRelease'],
    [{ connection: { host: 5 } }, 'connection.host'],
    [{ connection: { port: 'x' } }, 'connection.port'],
    [{ connection: { password: 5 } }, 'connection.password'],
    [{ connection: { stream: {} } }, 'connection.stream'],
    [{ connection: { hst: 'x' } }, 'connection.hst'],
    [{ connection: { timezone: 'Europe/Paris' } }, 'connection.timezone'],
    [{ connection: { charset: 'klingon' } }, 'connection'],
    [{ connection: { ssl: 'Atlantis' } }, 'connection'],
  ])('%j: says which, and what was expected', (given, option) => {
    const refused = refusal({ connection: {}, ...given });
    expect(refused.option).toBe(option);
    expect(refused.expected).not.toBe('');
  });
});

describe('T: what somebody put on Object.prototype', () => {
  test('changes no connection', async () => {
    const polluted = Object.prototype as Record<string, unknown>;
    Object.assign(polluted, {
      multipleStatements: true,
      user: 'evil',
      rowsAsArray: true,
      infileStreamFactory: () => {},
    });
    try {
      const pool = open({ max: 1 });
      const config = await pool.use((c) => ({ ...(c.config as Record<string, unknown>) }));
      expect(config).toMatchObject({ user: place.user, multipleStatements: false, rowsAsArray: false });
      expect(config['infileStreamFactory']).toBeUndefined();
    } finally {
      for (const key of ['multipleStatements', 'user', 'rowsAsArray', 'infileStreamFactory'])
        delete polluted[key];
    }
  });
});

describe('T: local files', () => {
  test('are not given to a server that asks for one', async () => {
    const pool = open({ max: 1 });
    await pool.query('CREATE TABLE stolen (line TEXT)');
    const load = pool.query("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE stolen");
    await expect(load).rejects.toThrow(/local|command is not allowed/i);
    expect(await pool.use((c) => valueOf(c, 'SELECT COUNT(*) FROM stolen'))).toBe(0);
  });

  test('several statements in one text are refused by the server', async () => {
    await expect(open().query('SELECT 1; SELECT 2')).rejects.toHaveProperty('errno', 1064);
  });

  test('both are there for whoever asks in code, and then the session is reset each time', async () => {
    const { address, user, password, database } = place;
    const connection = { ...address, user, password, database, multipleStatements: true };
    const pool = openPool(place, { max: 1 }, { connection });
    const [results] = await pool.query('SELECT 1 AS a; SET @a = 2');
    expect(results).toMatchObject([[{ a: 1 }], {}]);
    expect(await pool.use((c) => valueOf(c, 'SELECT @a'))).toBe(null);
  });
});
