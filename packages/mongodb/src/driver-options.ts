// One truth: what the driver's own pool and ours have in common is set once, wherever that is, and holds for both.

import type { MongoClient, MongoClientOptions } from 'mongodb';
import { OptionError, type PoolOptions, type ResolvedOptions } from '@pool/core';

/** The driver's options, passed on as they are. */
export interface ConnectionOptions extends MongoClientOptions {
  /** `mongodb://` or `mongodb+srv://`. */
  uri: string;
}

interface Pair {
  readonly ours: 'max' | 'min' | 'idleTimeoutMs' | 'maxConnecting' | 'acquireTimeoutMs' | 'createTimeoutMs';
  readonly drivers: keyof MongoClientOptions;
  /** 0 means never to the driver. */
  readonly isDuration: boolean;
}

const PAIRS: readonly Pair[] = [
  { ours: 'max', drivers: 'maxPoolSize', isDuration: false },
  { ours: 'min', drivers: 'minPoolSize', isDuration: false },
  { ours: 'maxConnecting', drivers: 'maxConnecting', isDuration: false },
  { ours: 'idleTimeoutMs', drivers: 'maxIdleTimeMS', isDuration: true },
  { ours: 'acquireTimeoutMs', drivers: 'waitQueueTimeoutMS', isDuration: true },
  { ours: 'createTimeoutMs', drivers: 'connectTimeoutMS', isDuration: true },
];

interface Given {
  readonly place: string;
  readonly value: unknown;
}

/**
 * The pool's options, with what was given to the driver instead.
 *
 * @throws {OptionError} the same setting was given twice, and not the same
 */
export function withDriversOptions(
  pool: string,
  options: PoolOptions,
  connection: ConnectionOptions,
): PoolOptions {
  const inUri = queryOf(connection.uri);
  const merged: Record<string, unknown> = { ...options };
  for (const pair of PAIRS) {
    const given: Given[] = [
      { place: `pool.${pair.ours}`, value: options[pair.ours] },
      { place: `connection.${pair.drivers}`, value: ofDriver(connection[pair.drivers], pair) },
      {
        place: `${pair.drivers} in connection.uri`,
        value: ofDriver(inUri.get(pair.drivers.toLowerCase()), pair),
      },
    ].filter(({ value }) => value !== undefined);
    const [first, ...others] = given;
    if (first === undefined) continue;
    const other = others.find(({ value }) => value !== first.value);
    if (other !== undefined) throw contradiction(pool, first, other);
    merged[pair.ours] = first.value;
  }
  return merged;
}

/** What the driver is told of the pool's options. */
export function forDriver(options: ResolvedOptions): MongoClientOptions {
  return Object.fromEntries(
    PAIRS.map(({ ours, drivers, isDuration }) => [
      drivers,
      isDuration ? driversMs(options[ours]) : options[ours],
    ]),
  );
}

/**
 * The pool's options for a client that somebody else made: its sockets are as its own options say.
 *
 * @throws {OptionError} the pool is to lend more than the client has sockets
 */
export function withAdoptedOptions(pool: string, options: PoolOptions, client: MongoClient): PoolOptions {
  const { maxPoolSize } = client.options;
  if (maxPoolSize === 0) return options;
  if (options.max === undefined) return { ...options, max: maxPoolSize };
  if (options.max <= maxPoolSize) return options;
  const expected = `at most maxPoolSize of the client (${maxPoolSize})`;
  throw new OptionError({ pool, option: 'pool.max', received: options.max, expected });
}

/** Whether the driver's `timeoutMS` was given, which does nothing. */
export function hasTimeoutMS(connection: ConnectionOptions): boolean {
  return connection.timeoutMS !== undefined || queryOf(connection.uri).has('timeoutms');
}

/** Option names are read regardless of case, as the driver does. Hosts may be several, which `URL` does not take. */
function queryOf(uri: string): Map<string, string> {
  const parameters = new URLSearchParams(uri.split('?')[1] ?? '');
  return new Map([...parameters].map(([name, value]) => [name.toLowerCase(), value]));
}

function ofDriver(value: unknown, { isDuration }: Pair): unknown {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return isDuration && number === 0 ? Infinity : number;
}

function driversMs(ms: number): number {
  return ms === Infinity ? 0 : Math.ceil(ms);
}

function contradiction(pool: string, first: Given, other: Given): OptionError {
  const expected = `the same as ${first.place} (${String(first.value)}), or only one of the two`;
  return new OptionError({ pool, option: other.place, received: other.value, expected });
}
