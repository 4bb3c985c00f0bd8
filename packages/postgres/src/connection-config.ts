// Owns what is passed to pg: its own options as they are, a copy for each connection, and URLs that cannot say more than where.
import { OptionError } from '@pool/core';
import type { ClientConfig } from 'pg';
import { readUrl } from './connection-url.ts';
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
  const given: Record<string, unknown> = Object.assign(
    Object.create(null) as Record<string, unknown>,
    typeof input === 'string' ? { connectionString: input } : input,
  );
  for (const [key, why] of Object.entries(REFUSED)) {
    if (given[key] === undefined) continue;
    throw new OptionError({ pool, option: `${option}.${key}`, expected: `not given: ${why}` });
  }
  if (given['stream'] !== undefined && typeof given['stream'] !== 'function') {
    throw new OptionError({ pool, option: `${option}.stream`, expected: 'a function: a stream serves once' });
  }
  const { password, connectionString, ...fields } = given;
  const url =
    connectionString === undefined
      ? {}
      : readUrl(pool, `${option}.connectionString`, connectionString, fields['ssl'] !== undefined);
  // pg lets a URL override the code that comes with it. Here what the code says is what holds.
  const config: Record<string, unknown> = {
    ...KEEP_ALIVE,
    ...url,
    ...withoutUndefined({ ...fields, password }),
  };
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
  return copy;
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
