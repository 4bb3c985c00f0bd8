import { OptionError, resolveOptions, type PoolOptions, type ResolvedOptions } from '@pool/core';
import { ConnectionSource, type ConnectionOptions } from './connection-source.ts';

/** What is done to a session at the end of a lease. An open transaction is rolled back in every mode. */
export type ResetMode = 'tracked' | 'always' | 'never';

export interface MysqlPoolOptions {
  /** A URL, or mysql2's own options; what weakens a connection is taken from options only. */
  connection: string | ConnectionOptions;
  /** The pool's options. */
  pool?: PoolOptions;
  /**
   * - `tracked`: the session is reset when the statements of the lease, or the server, say that it changed
   * - `always`: after every lease that sent anything
   * - `never`: what one borrower sets, the next one finds
   *
   * @defaultValue 'tracked'
   */
  reset?: ResetMode;
}

export interface ResolvedMysqlOptions {
  readonly source: ConnectionSource;
  readonly pool: ResolvedOptions;
  readonly reset: ResetMode;
}

const RESET_MODES: readonly unknown[] = ['tracked', 'always', 'never'] satisfies ResetMode[];
const OPTIONS: readonly string[] = ['connection', 'pool', 'reset'] satisfies (keyof MysqlPoolOptions)[];

/** @throws {OptionError} an unknown option, a wrong value, or a dangerous one in the URL */
export function resolveMysqlOptions(input: MysqlPoolOptions): ResolvedMysqlOptions {
  const options: MysqlPoolOptions = { ...input };
  const pool = resolveOptions({ ...options.pool, name: options.pool?.name ?? 'mysql' });
  const { name } = pool;
  for (const option of Object.keys(options)) {
    if (OPTIONS.includes(option)) continue;
    throw new OptionError({ pool: name, option, expected: `one of ${OPTIONS.join(', ')}` });
  }
  const { connection, reset = 'tracked' } = options;
  if (!isAddress(connection)) {
    const expected = 'a URL or an object';
    throw new OptionError({ pool: name, option: 'connection', expected, received: connection });
  }
  if (!RESET_MODES.includes(reset)) {
    const expected = "'tracked', 'always' or 'never'";
    throw new OptionError({ pool: name, option: 'reset', expected, received: reset });
  }
  return { source: new ConnectionSource(name, connection), pool, reset };
}

function isAddress(connection: unknown): boolean {
  if (typeof connection === 'string') return true;
  return typeof connection === 'object' && connection !== null && !Array.isArray(connection);
}
