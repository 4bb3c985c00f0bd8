// mysql2's pool takes one bag of options: what of them is the pool's here, and in which words.
import { OptionError, type PoolOptions as CoreOptions } from '@pool/core';
import type { PoolOptions as DriverPoolOptions } from 'mysql2';
import { type ConnectionOptions, isConnectionOption } from '../connection-options.ts';
import { fromUrl } from '../connection-source.ts';
import type { ResetMode } from '../options.ts';

/** mysql2's own options of a pool. */
export interface PoolOptions extends Omit<DriverPoolOptions, 'password'> {
  /** Asked for each connection when it is a function, so that a rotated password needs no new pool. */
  password?: ConnectionOptions['password'];
  /** The class of the promises that the pool returns. */
  Promise?: PromiseConstructor;
}

/** What mysql2's options come to. */
export interface Settings {
  readonly connection: ConnectionOptions;
  /** All that was given but passwords, for mysql2's own methods. What it does not know, it tells on the console. */
  readonly driver: DriverPoolOptions;
  readonly pool: CoreOptions;
  readonly reset: ResetMode;
  /** Whether a caller waits for a release, or is refused. */
  readonly isWaiting: boolean;
  readonly maxIdle: number;
  /** Whether `end()` of a lent connection closes it. */
  readonly isGraceful: boolean;
  readonly promise: PromiseConstructor | undefined;
}

/** mysql2's word → ours, and what 0 stands for. */
const TRANSLATED = {
  connectionLimit: ['max', 0],
  queueLimit: ['maxWaiting', Infinity],
  idleTimeout: ['idleTimeoutMs', 0],
  connectTimeout: ['createTimeoutMs', Infinity],
} as const satisfies Partial<Record<keyof PoolOptions, readonly [keyof CoreOptions, number]>>;
type Translated = keyof typeof TRANSLATED;
const WORDS = Object.keys(TRANSLATED) as readonly Translated[];

/** @throws {OptionError} a wrong value, an option given in both words, or a dangerous one in a URL */
export function resolveSettings(input: PoolOptions | string, pool: CoreOptions = {}): Settings {
  const name = pool.name ?? 'mysql';
  const options = together(name, input);
  const { maxIdle, waitForConnections = true, resetOnRelease = true, gracefulEnd = false } = options;
  return {
    connection: only(options, (option) => isConnectionOption(option) && !Object.hasOwn(TRANSLATED, option)),
    driver: only(options, (option) => !option.startsWith('password')),
    pool: { ...pool, ...translated(name, options, pool) },
    reset: resetOnRelease ? 'tracked' : 'never',
    isWaiting: waitForConnections,
    maxIdle: numberOf(name, 'maxIdle', maxIdle) ?? Infinity,
    isGraceful: gracefulEnd,
    promise: options.Promise,
  };
}

/** Own properties only: nothing of what somebody put on Object.prototype. */
const bag = (...parts: readonly object[]): object =>
  Object.assign(Object.create(null) as object, ...parts) as object;

function only(options: object, isWanted: (option: string) => boolean): object {
  return bag(Object.fromEntries(Object.entries(options).filter(([option]) => isWanted(option))));
}

/** As mysql2 does it, what is given beside a URL goes before what is in it. */
function together(name: string, input: PoolOptions | string): PoolOptions {
  const { uri, ...options } = bag(typeof input === 'string' ? { uri: input } : input) as PoolOptions;
  return bag(uri === undefined ? {} : ofUrl(name, uri), options);
}

function ofUrl(name: string, uri: string): object {
  const url = URL.parse(uri);
  const ofThePool: Record<string, string> = {};
  for (const option of url === null ? [] : [...WORDS, 'maxIdle']) {
    const value = url!.searchParams.get(option);
    if (value === null) continue;
    ofThePool[option] = value;
    url!.searchParams.delete(option);
  }
  return { ...fromUrl(name, url?.href ?? uri), ...ofThePool };
}

function translated(name: string, options: object, pool: CoreOptions): CoreOptions {
  const ofThePool: Partial<Record<keyof CoreOptions, number>> = {};
  for (const option of WORDS) {
    const [ours, zero] = TRANSLATED[option];
    const value = numberOf(name, option, (options as Record<string, unknown>)[option]);
    if (value === undefined) continue;
    if (pool[ours] !== undefined) {
      const expected = `not given: the pool's own ${ours} is`;
      throw new OptionError({ pool: name, option, received: value, expected });
    }
    ofThePool[ours] = value === 0 ? zero : value;
  }
  return ofThePool as Pick<CoreOptions, 'max'>;
}

/** mysql2 takes numbers as text too, from environments and URLs. */
function numberOf(pool: string, option: string, received: unknown): number | undefined {
  if (received === undefined) return undefined;
  const value = typeof received === 'string' && received.trim() !== '' ? Number(received) : received;
  if (typeof value === 'number' && value >= 0) return value;
  throw new OptionError({ pool, option, received, expected: 'a number of at least 0' });
}
