// Owns the reading of pg-pool's options: what of them is the pool's, in core's words, and what is passed to each client.
import { OptionError, resolveOptions, type Pool, type PoolOptions, type ResolvedOptions } from '@pool/core';
import { Client } from 'pg';
import type pg from 'pg';
import type { ResolvedConnection } from '../connection-config.ts';
import type { ClientClass } from '../driver.ts';
import type { PoolerOption } from '../pooler.ts';
import type { ResetMode } from '../reset.ts';

/** pg-pool's own options, and what it has no word for. */
export interface PoolConfig extends pg.PoolConfig {
  /** The core's own options. They win over pg-pool's. */
  core?: PoolOptions | undefined;
  /** As in `createPostgresPool`. @defaultValue 'tracked' */
  reset?: ResetMode | undefined;
  /** As in `createPostgresPool`. @defaultValue 'detect' */
  pooler?: PoolerOption | undefined;
}

/** What of the pool below is of use beside pg-pool's own verbs. */
export type PoolControls = Pick<
  Pool<Client>,
  'name' | 'stats' | 'metrics' | 'on' | 'clear' | 'evict' | 'resize' | 'pause' | 'resume' | 'ready'
>;

export interface Settings {
  readonly core: ResolvedOptions;
  readonly connection: ResolvedConnection;
  readonly driverClass: ClientClass;
  readonly reset: ResetMode;
  readonly pooler: PoolerOption;
  readonly onConnect: ((client: Client) => unknown) | undefined;
  readonly verify: pg.PoolConfig['verify'];
  /** An idle connection keeps the process alive, as one of pg-pool does until its idle timeout. */
  readonly keepsAlive: boolean;
}

/** Without `connectionTimeoutMillis`: pg-pool would wait for ever, also for what never comes. */
const PATIENCE_MS = 30_000;

/** F7: a peer that is gone is noticed after minutes instead of hours. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

const OF_THE_POOL: ReadonlySet<string> = new Set([
  'Client',
  'allowExitOnIdle',
  'connectionTimeoutMillis',
  'core',
  'idleTimeoutMillis',
  'log',
  'max',
  'maxLifetimeSeconds',
  'maxUses',
  'min',
  'onConnect',
  'poolSize',
  'pooler',
  'reset',
  'verify',
]);

/**
 * @param options as pg-pool has filled them in
 * @throws {OptionError} a wrong value, or the native client
 */
export function settingsOf(given: PoolConfig, options: pg.PoolOptions, clientClass: unknown): Settings {
  const core = coreOptionsOf(given, options);
  return {
    core,
    connection: connectionOf(given),
    driverClass: checkedClass(core.name, clientClass),
    reset: given.reset ?? 'tracked',
    pooler: given.pooler ?? 'detect',
    onConnect: given.onConnect,
    verify: given.verify,
    keepsAlive: !options.allowExitOnIdle,
  };
}

function coreOptionsOf(given: PoolConfig, options: pg.PoolOptions): ResolvedOptions {
  const { connectionTimeoutMillis: patience } = given;
  return resolveOptions({
    name: 'postgres',
    max: numberOf(options.max),
    min: numberOf(options.min),
    // A queue of any length, as pg-pool's: `acquireTimeoutMs` bounds it.
    maxWaiting: Infinity,
    acquireTimeoutMs: patience === undefined ? PATIENCE_MS : orNever(patience),
    ...(orNever(patience) === Infinity ? {} : { createTimeoutMs: numberOf(patience) }),
    idleTimeoutMs: orNever(options.idleTimeoutMillis),
    maxLifetimeMs: orNever(numberOf(options.maxLifetimeSeconds) * 1000),
    maxUses: numberOf(options.maxUses),
    // pg-pool's end() waits for whoever has a client.
    closeGraceMs: Infinity,
    ...given.core,
  });
}

/** In pg-pool 0 means never, for each of them. */
function orNever(ms: unknown): number {
  return ms === null || ms === undefined || numberOf(ms) === 0 ? Infinity : numberOf(ms);
}

/** pg-pool never asked whether it was given the text of a number, as from the environment. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number(value);
}

/** What pg understands, untouched: whoever moves from pg-pool has URLs and options that work. */
function connectionOf(given: PoolConfig): ResolvedConnection {
  const config: Record<string, unknown> = { ...KEEP_ALIVE };
  for (const [key, value] of Object.entries(given)) if (!OF_THE_POOL.has(key)) config[key] = value;
  // Both may be hidden from enumeration, by pg-pool or by pg.
  if (given.password !== undefined) config['password'] = given.password;
  const { ssl } = given;
  if (typeof ssl === 'object' && ssl.key !== undefined) config['ssl'] = { ...ssl, key: ssl.key };
  return { config: Object.freeze(config), passwordProvider: undefined };
}

/** @throws {OptionError} it is not pg's client, nor a subclass of it */
function checkedClass(pool: string, clientClass: unknown): ClientClass {
  const isOurs = typeof clientClass === 'function' && clientClass.prototype instanceof Client;
  if (clientClass === Client || isOurs) return clientClass as ClientClass;
  throw new OptionError({
    pool,
    option: 'Client',
    received: clientClass,
    expected: "pg's Client or a subclass of it (the native client cannot be watched)",
  });
}
