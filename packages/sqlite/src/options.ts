import { availableParallelism } from 'node:os';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import type { Options as DriverOptions } from 'better-sqlite3';
import {
  OptionError,
  refuseOptions,
  resolveOptions,
  type PoolOptions,
  type ResolvedOptions,
} from '@pool/core';
import { locate, type Location } from './location.ts';
import { checkPragmas } from './pragmas.ts';

export type Mode = 'worker' | 'inline';

/** better-sqlite3's own options, passed on as they are; `timeout` alone is the pool's (`pool.acquireTimeoutMs`). */
export interface ConnectionOptions extends Omit<DriverOptions, 'timeout'> {
  /** A path, or ':memory:' in inline mode. `file:` names are refused: this build of SQLite does not read URIs. */
  filename: string;
}

export interface SqlitePoolOptions {
  /** The file, and better-sqlite3's own options. */
  connection: ConnectionOptions;
  /** For both core pools, `<name>:reader` and `<name>:writer`. `max` and `min` are `readers` and `writers` here. */
  pool?: PoolOptions;
  /** Where connections live: in worker threads, or in this one. @defaultValue 'worker' */
  mode?: Mode;
  /** Most connections that only read. @defaultValue max(1, min(4, cores - 1)) */
  readers?: number;
  /** 2 keeps a spare open for maintenance and replacement, in worker mode; still one writes at a time. @defaultValue 1 */
  writers?: number;
  /** What a power cut may cost: 'normal' the last commits, 'full' nothing, for a disk flush per commit. @defaultValue 'normal' */
  durability?: 'normal' | 'full';
  /** Set on every connection, after the pool's own. @defaultValue {} */
  pragmas?: Readonly<Record<string, string | number | boolean>>;
  /** Commit one-shot writes that wait together in one transaction. @defaultValue true */
  autoBatch?: boolean;
  /** Starts the worker thread, where a bundler has moved its file. @defaultValue `new Worker(url, options)` */
  createWorker?: (url: URL, options: WorkerOptions) => Worker;
}

export interface ResolvedSqliteOptions {
  readonly location: Location;
  readonly driver: Readonly<Record<string, unknown>>;
  readonly isReadonly: boolean;
  readonly mode: Mode;
  readonly readers: number;
  readonly writers: number;
  readonly durability: 'normal' | 'full';
  readonly pragmas: Readonly<Record<string, string | number | boolean>>;
  readonly autoBatch: boolean;
  readonly createWorker: SqlitePoolOptions['createWorker'];
  readonly pool: ResolvedOptions;
}

// SQLite has no server to lose: an idle connection does not rot, and a lifetime or a keepalive would only cost.
const POOL_DEFAULTS: PoolOptions = {
  name: 'sqlite',
  maxLifetimeMs: Infinity,
  keepaliveIntervalMs: Infinity,
  validateAfterIdleMs: 30_000,
};

const REFUSED = { max: 'use `readers`', min: 'one reader and the writer are kept open' };

const LOSES_DATA = 'closing the only connection loses the database';

const REFUSED_IN_MEMORY = {
  idleTimeoutMs: LOSES_DATA,
  maxLifetimeMs: LOSES_DATA,
  maxUses: LOSES_DATA,
  maxLeaseMs: LOSES_DATA,
};

type Rule = (value: unknown) => boolean;

const isCount: Rule = (value) => Number.isSafeInteger(value) && (value as number) >= 1;

const RULES: {
  readonly [K in keyof Required<SqlitePoolOptions>]: readonly [expected: string, isFine: Rule];
} = {
  connection: ['an object with a filename', (value) => typeof value === 'object' && value !== null],
  pool: ['an object', (value) => typeof value === 'object' && value !== null],
  mode: ["'worker' or 'inline'", (value) => value === 'worker' || value === 'inline'],
  readers: ['an integer of at least 1', isCount],
  writers: [
    '1, or 2 in worker mode: SQLite lets one connection write at a time, more of them only wait for each other',
    (value) => value === 1 || value === 2,
  ],
  durability: ["'normal' or 'full'", (value) => value === 'normal' || value === 'full'],
  pragmas: ['an object', (value) => typeof value === 'object' && value !== null],
  autoBatch: ['a boolean', (value) => typeof value === 'boolean'],
  createWorker: ['a function', (value) => typeof value === 'function'],
};

/** @throws {OptionError} an unknown option, a wrong value, a combination that cannot be honoured, or a file that cannot be opened */
export function resolveSqliteOptions(input: SqlitePoolOptions): ResolvedSqliteOptions {
  const name = input?.pool?.name ?? 'sqlite';
  checkValues(name, input);
  refuseOptions(input.pool, '@pool/sqlite', REFUSED);
  const options = { ...defaults(), ...withoutUndefined(input) };
  const { connection, mode, readers, writers, durability, autoBatch, createWorker } = options;
  const { filename, ...driver } = connection;
  checkDriverOptions(name, driver, mode);
  const isReadonly = driver.readonly === true;
  const mustExist = isReadonly || driver.fileMustExist === true;
  const location = locate(name, filename, { isReadonly, mustExist });
  checkCombination(name, input, { mode, isReadonly, location });
  const pragmas = checkPragmas(name, options.pragmas);
  const pool = resolvePool(input.pool, location);
  return {
    location,
    driver,
    isReadonly,
    mode,
    readers,
    writers,
    durability,
    pragmas,
    autoBatch,
    createWorker,
    pool,
  };
}

function defaults(): Required<Omit<SqlitePoolOptions, 'connection' | 'pool' | 'createWorker'>> {
  const readers = Math.max(1, Math.min(4, availableParallelism() - 1));
  return { mode: 'worker', readers, writers: 1, durability: 'normal', pragmas: {}, autoBatch: true };
}

function withoutUndefined(options: SqlitePoolOptions): SqlitePoolOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as SqlitePoolOptions;
}

function resolvePool(options: PoolOptions | undefined, { isPrivate }: Location): ResolvedOptions {
  if (!isPrivate) return resolveOptions({ ...POOL_DEFAULTS, ...options });
  refuseOptions(options, '@pool/sqlite in memory', REFUSED_IN_MEMORY);
  return resolveOptions({ ...POOL_DEFAULTS, ...options, idleTimeoutMs: Infinity });
}

function checkValues(pool: string, options: SqlitePoolOptions): void {
  for (const [option, value] of Object.entries({ ...options, connection: options.connection })) {
    const rule = Object.hasOwn(RULES, option) ? RULES[option as keyof SqlitePoolOptions] : undefined;
    if (rule === undefined)
      throw refused(pool, option, `one of ${Object.keys(RULES).join(', ')}`, 'an unknown option');
    const [expected, isFine] = rule;
    if ((value !== undefined || option === 'connection') && !isFine(value))
      throw refused(pool, option, expected, value);
  }
}

function checkDriverOptions(pool: string, driver: object, mode: Mode): void {
  const { timeout, verbose } = driver as DriverOptions;
  if (timeout !== undefined) {
    const why = 'it would block the thread, and let later callers overtake';
    throw refused(pool, 'connection.timeout', `not given: ${why}; use pool.acquireTimeoutMs`, timeout);
  }
  if (mode === 'inline') return;
  if (verbose !== undefined && verbose !== null) {
    throw refused(
      pool,
      'connection.verbose',
      "not given: a function cannot go to another thread; use mode 'inline'",
      verbose,
    );
  }
  if (typeof (driver as { nativeBinding?: unknown }).nativeBinding === 'object') {
    throw refused(
      pool,
      'connection.nativeBinding',
      "a path: an object cannot go to another thread; use mode 'inline'",
    );
  }
}

function checkCombination(
  pool: string,
  { readers, writers }: SqlitePoolOptions,
  { mode, isReadonly, location }: { mode: Mode; isReadonly: boolean; location: Location },
): void {
  if (writers === 2 && mode === 'inline') {
    const why =
      'two writers in one thread wait for each other for ever: one blocks the loop that the other needs to commit';
    throw refused(pool, 'writers', `1 in inline mode: ${why}`, writers);
  }
  if (writers === 2 && isReadonly)
    throw refused(pool, 'writers', 'not given with connection.readonly', writers);
  if (!location.isPrivate) return;
  const why = 'this database is private to one connection';
  if (mode === 'worker') {
    throw refused(
      pool,
      'connection.filename',
      `a file in worker mode: ${why}; use mode 'inline'`,
      location.filename,
    );
  }
  if (readers !== undefined)
    throw refused(pool, 'readers', `not given: ${why}, which reads and writes`, readers);
}

function refused(pool: string, option: string, expected: string, received?: unknown): OptionError {
  return new OptionError({ pool, option, expected, ...(received === undefined ? {} : { received }) });
}
