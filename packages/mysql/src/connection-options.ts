// The driver's options as code gives them: passed on as they are, once mysql2 itself has understood them.
import { OptionError } from '@pool/core';
import mysql, { type ConnectionOptions as DriverOptions } from 'mysql2';

/** mysql2's own options, passed on as they are. Those of mysql2's pool are refused: they are the pool's here. */
export interface ConnectionOptions extends Omit<DriverOptions, 'uri' | 'password' | PoolKey> {
  /** Asked for each connection when it is a function, so that a rotated password needs no new pool. */
  password?: string | (() => string | Promise<string>);
}

/** mysql2's pool takes these, in the same bag. */
const OF_THE_POOL = {
  connectionLimit: 'use pool.max',
  queueLimit: 'use pool.maxWaiting',
  waitForConnections: 'use pool.maxWaiting: 0 refuses whoever would have to wait',
  maxIdle: 'use pool.min',
  idleTimeout: 'use pool.idleTimeoutMs',
  resetOnRelease: "use `reset`: 'tracked' cleans what needs it, 'always' every session",
  gracefulEnd: 'connections that are closed unused say goodbye',
  isServer: 'this is a client',
  pool: 'this is a pool',
  Promise: 'promises are native',
  uri: 'use the URL itself as `connection`',
} as const;
type PoolKey = keyof typeof OF_THE_POOL & keyof DriverOptions;

type DriverConfig = Readonly<Record<string, unknown>>;
/** Exported by mysql2, and missing from its types. */
const { ConnectionConfig } = mysql as unknown as {
  ConnectionConfig: new (options: object) => DriverConfig;
};

/** What mysql2 makes of nothing says what it knows; these are words that it turns into others. */
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(new ConnectionConfig({})),
  'charset',
  'flags',
  'password1',
]);

const isText = (value: unknown): boolean => typeof value === 'string';

const RULES: Readonly<Record<string, readonly [expected: string, isFine: (value: unknown) => boolean]>> = {
  host: ['a string', isText],
  user: ['a string', isText],
  database: ['a string', isText],
  socketPath: ['a string', isText],
  port: ['a port number', (value) => /^\d{1,5}$/.test(String(value)) && Number(value) < 65_536],
  stream: ['a function: each connection needs one of its own', (value) => typeof value === 'function'],
  password: [
    'a string, or a function that gives one',
    (value) => isText(value) || typeof value === 'function',
  ],
};

/** Own keys only: nothing of what somebody put on Object.prototype. */
export function bare<T extends object>(options: T): T {
  return Object.assign(Object.create(null) as T, options);
}

/** Whether mysql2's connection has an option of that name, as opposed to its pool. */
export function isConnectionOption(key: string): boolean {
  return KNOWN.has(key) && !Object.hasOwn(OF_THE_POOL, key);
}

/** @throws {OptionError} an option that mysql2 does not have, cannot read, or that is the pool's */
export function checkConnectionOptions(
  pool: string,
  options: ConnectionOptions,
): ConnectionOptions & DriverOptions {
  for (const [key, received] of Object.entries(options)) {
    if (received !== undefined) checkOne(pool, key, received);
  }
  const { password: _, ...others } = options;
  try {
    // On a copy: it completes the one for TLS.
    const { ssl } = others;
    const config = new ConnectionConfig(
      bare({ ...others, ...(typeof ssl === 'object' && { ssl: { ...ssl } }) }),
    );
    checkTimezone(pool, options.timezone, config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new OptionError({ pool, option: 'connection', expected: `what mysql2 takes: ${error.message}` });
  }
  return bare(options) as ConnectionOptions & DriverOptions;
}

function checkOne(pool: string, key: string, received: unknown): void {
  const option = `connection.${key}`;
  if (Object.hasOwn(OF_THE_POOL, key)) {
    const expected = `not given: ${OF_THE_POOL[key as keyof typeof OF_THE_POOL]}`;
    throw new OptionError({ pool, option, expected, received });
  }
  if (!KNOWN.has(key)) throw new OptionError({ pool, option, expected: 'an option of mysql2’s connections' });
  const [expected, isFine] = Object.hasOwn(RULES, key) ? RULES[key]! : ['', () => true];
  if (!isFine(received)) throw new OptionError({ pool, option, expected, received });
}

/** mysql2 prints a line for each connection, and goes on in UTC. */
function checkTimezone(pool: string, received: string | undefined, { timezone }: DriverConfig): void {
  if (received === undefined || timezone === received.replace(/^ /, '+')) return;
  const expected = "'local', 'Z' or an offset such as +02:00";
  throw new OptionError({ pool, option: 'connection.timezone', expected, received });
}
