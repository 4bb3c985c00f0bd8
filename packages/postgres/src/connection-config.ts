// Owns what is passed to pg: its own options as they are, a copy for each connection, and URLs that cannot say more than where.
import { OptionError } from '@pool/core';
import type { ClientConfig } from 'pg';
import type { PasswordProvider } from './rotation.ts';

/** pg's own options, passed on as they are, but for those that the pool itself answers for. */
export interface ConnectionOptions extends Omit<
  ClientConfig,
  'password' | 'connectionTimeoutMillis' | 'pipeline'
> {
  /** A password, or a function that is asked for one: see `PasswordProvider`. */
  password?: string | PasswordProvider | undefined;
}

const REFUSED: Readonly<Record<string, string>> = {
  connectionTimeoutMillis: 'use pool.createTimeoutMs, which covers the whole handshake',
  pipeline: 'a borrower that sends several statements at once can do so with pg itself, not in a pool',
  connection: 'each connection of a pool has its own',
};

/** pg reads these from its config; named here so that nothing on Object.prototype can stand in for one that is missing. */
const KNOWN = [
  'Promise',
  'application_name',
  'binary',
  'client_encoding',
  'connection',
  'connectionString',
  'connectionTimeoutMillis',
  'database',
  'enableChannelBinding',
  'fallback_application_name',
  'host',
  'idle_in_transaction_session_timeout',
  'keepAlive',
  'keepAliveInitialDelayMillis',
  'lock_timeout',
  'options',
  'password',
  'pipeline',
  'port',
  'query_timeout',
  'replication',
  'scramMaxIterations',
  'ssl',
  'sslnegotiation',
  'statement_timeout',
  'stream',
  'types',
  'user',
] as const;

/** F7: a peer that is gone is noticed after minutes instead of hours. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

/** Parameters of a URL that say how a session begins, not where to or how safely. */
const URL_PARAMETERS = new Set([
  'application_name',
  'client_encoding',
  'fallback_application_name',
  'idle_in_transaction_session_timeout',
  'keepalives',
  'lock_timeout',
  'options',
  'statement_timeout',
]);

/** pg checks the certificate for each of these. */
const SAFE_SSL_MODES = new Set(['prefer', 'require', 'verify-ca', 'verify-full']);

export interface ResolvedConnection {
  readonly config: Readonly<Record<string, unknown>>;
  readonly passwordProvider: PasswordProvider | undefined;
}

/** @throws {OptionError} an option that the pool answers for, or a URL that says too much */
export function resolveConnection(
  pool: string,
  option: string,
  input: string | ConnectionOptions,
): ResolvedConnection {
  const given: Record<string, unknown> =
    typeof input === 'string' ? { connectionString: input } : { ...input };
  for (const [key, why] of Object.entries(REFUSED)) {
    if (given[key] === undefined || !Object.hasOwn(given, key)) continue;
    throw new OptionError({ pool, option: `${option}.${key}`, expected: `not given: ${why}` });
  }
  if (given['stream'] !== undefined && typeof given['stream'] !== 'function') {
    throw new OptionError({ pool, option: `${option}.stream`, expected: 'a function: a stream serves once' });
  }
  const { password, connectionString } = given;
  const config: Record<string, unknown> = { ...KEEP_ALIVE, ...given };
  if (connectionString !== undefined) config['connectionString'] = checkedUrl(pool, option, given);
  const passwordProvider = typeof password === 'function' ? (password as PasswordProvider) : undefined;
  if (passwordProvider !== undefined) delete config['password'];
  return { config: Object.freeze(config), passwordProvider };
}

/** A fresh config: what pg does to one connection's never reaches another's. */
export function configOf({ config }: ResolvedConnection, password: string | undefined): ClientConfig {
  const copy: Record<string, unknown> = {};
  for (const key of KNOWN) copy[key] = undefined;
  Object.assign(copy, config);
  if (password !== undefined) copy['password'] = password;
  const { ssl } = copy;
  if (typeof ssl === 'object' && ssl !== null) copy['ssl'] = { ...ssl };
  return copy as ClientConfig;
}

function checkedUrl(
  pool: string,
  option: string,
  { connectionString, ssl }: Record<string, unknown>,
): string {
  const refuse = (expected: string): OptionError =>
    new OptionError({ pool, option: `${option}.connectionString`, expected });
  if (typeof connectionString !== 'string' || !URL.canParse(connectionString)) {
    throw refuse('a URL: postgres://user:password@host:port/database');
  }
  const url = new URL(connectionString);
  if (!/^(postgres|postgresql|socket):$/.test(url.protocol))
    throw refuse('a URL that begins with postgres://');
  for (const [name, value] of [...url.searchParams]) {
    if (URL_PARAMETERS.has(name) || isOfSocket(url, name, value)) continue;
    if (name !== 'sslmode') {
      throw refuse(
        `no parameter ${printable(name)}: where the server is, and how safely, is said once, or in code`,
      );
    }
    // What the code says is what holds.
    if (ssl !== undefined) url.searchParams.delete(name);
    else if (!SAFE_SSL_MODES.has(value) && !(value === 'disable' && process.env['PGSSLMODE'] === undefined)) {
      throw refuse('no sslmode that gives up checking the certificate: say so in code, with `ssl`');
    }
  }
  return url.href;
}

/** A socket's directory has no place in the authority. */
function isOfSocket(url: URL, name: string, value: string): boolean {
  if (url.protocol === 'socket:') return name === 'db' || name === 'encoding';
  return name === 'host' && url.hostname === '' && value.startsWith('/');
}

function printable(name: string): string {
  return /^\w{1,40}$/.test(name) ? name : 'of that name';
}
