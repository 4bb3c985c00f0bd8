// What mysql2 is told about the server: from code or from a URL, checked once, copied for each connection.
import { OptionError } from '@pool/core';
import type { ConnectionOptions as DriverOptions } from 'mysql2';
import { bare, checkConnectionOptions, type ConnectionOptions } from './connection-options.ts';

export type { ConnectionOptions } from './connection-options.ts';

type UrlRule = (value: string) => unknown;

const flag: UrlRule = (value) => (value === 'true' ? true : value === 'false' ? false : undefined);
const count: UrlRule = (value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined);
const text: UrlRule = (value) => (/^[\w+: -]{1,64}$/.test(value) ? value : undefined);

/** What a URL may say besides the address: nothing that weakens the connection, reads files or lets text be more than one statement. */
const URL_OPTIONS: Readonly<Record<string, readonly [expected: string, UrlRule]>> = {
  charset: ['a collation, such as utf8mb4_unicode_ci', text],
  timezone: ["'local', 'Z' or an offset such as +02:00", text],
  connectTimeout: ['milliseconds', count],
  maxPreparedStatements: ['a number', count],
  compress: ["'true' or 'false'", flag],
  dateStrings: ["'true' or 'false'", flag],
  decimalNumbers: ["'true' or 'false'", flag],
  supportBigNumbers: ["'true' or 'false'", flag],
  bigNumberStrings: ["'true' or 'false'", flag],
  jsonStrings: ["'true' or 'false'", flag],
};

const SCHEMES: ReadonlySet<string> = new Set(['mysql:', 'mariadb:']);

const DEFAULTS: DriverOptions = {
  // Two timers for one thing would hide which one ended it: pool.createTimeoutMs covers the whole handshake.
  connectTimeout: 0,
  // The system's own two hours are longer than any firewall remembers an idle connection.
  keepAliveInitialDelay: 10_000,
};

export class ConnectionSource {
  readonly #options: Readonly<DriverOptions>;
  readonly #password: ConnectionOptions['password'];

  /** @throws {OptionError} a URL or an option that is wrong or dangerous */
  constructor(pool: string, connection: string | ConnectionOptions) {
    const given = typeof connection === 'string' ? fromUrl(pool, connection) : connection;
    const { password, ...options } = checkConnectionOptions(pool, given);
    this.#password = password;
    // mysql2 writes its defaults into the object for TLS, and recognises it by identity: one copy for all connections.
    if (typeof options.ssl === 'object') options.ssl = { ...options.ssl };
    this.#options = { ...DEFAULTS, ...options, flags: withoutLocalFiles(options) };
  }

  get database(): string | undefined {
    return this.#options.database === '' ? undefined : this.#options.database;
  }

  get isSeveral(): boolean {
    return this.#options.multipleStatements === true;
  }

  /** A copy of its own for each connection: mysql2 changes it, for instance when the user changes. */
  async next(): Promise<DriverOptions> {
    const password = typeof this.#password === 'function' ? await this.#password() : this.#password;
    return bare({ ...this.#options, ...(password !== undefined && { password }) });
  }
}

/** A server that asks for local files gets none, unless code has said where they come from. */
function withoutLocalFiles({ flags = [], infileStreamFactory }: DriverOptions): string[] {
  const given = typeof flags === 'string' ? (flags as string).split(/\s*,+\s*/) : flags;
  return infileStreamFactory === undefined ? [...given, '-LOCAL_FILES'] : [...given];
}

export function fromUrl(pool: string, given: string): ConnectionOptions & DriverOptions {
  const url = URL.parse(given);
  if (url === null || !SCHEMES.has(url.protocol) || url.hostname === '') {
    const expected = 'a URL such as mysql://user:password@host:3306/database, with %23 for # in a password';
    throw new OptionError({ pool, option: 'connection', expected });
  }
  const options: Record<string, unknown> = bare({
    host: decoded(pool, 'host', url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decoded(pool, 'user', url.username),
    password: decoded(pool, 'password', url.password),
    database: decoded(pool, 'database', url.pathname.slice(1)),
  });
  for (const [key, value] of url.searchParams) options[key] = urlOption(pool, key, value);
  return options;
}

function urlOption(pool: string, key: string, value: string): unknown {
  const option = `connection: URL parameter ${/^\w{1,40}$/.test(key) ? key : '(unreadable)'}`;
  const rule = Object.hasOwn(URL_OPTIONS, key) ? URL_OPTIONS[key] : undefined;
  if (rule === undefined) {
    const known = Object.keys(URL_OPTIONS).join(', ');
    throw new OptionError({
      pool,
      option,
      expected: `set in code, with \`connection\` as an object; a URL takes ${known}`,
    });
  }
  const [expected, read] = rule;
  const result = read(value);
  if (result === undefined) throw new OptionError({ pool, option, expected });
  return result;
}

function decoded(pool: string, part: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new OptionError({
      pool,
      option: `connection: ${part} of the URL`,
      expected: 'percent-encoded text',
    });
  }
}
