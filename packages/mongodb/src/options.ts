import { MongoClient } from 'mongodb';
import {
  OptionError,
  refuseOptions,
  resolveOptions,
  type PoolOptions,
  type ResolvedOptions,
} from '@pool/core';
import { checkClient } from './driver-copy.ts';
import {
  forDriver,
  hasTimeoutMS,
  withAdoptedOptions,
  withDriversOptions,
  type ConnectionOptions,
} from './driver-options.ts';

/** Exactly one of `connection` and `client`. */
export interface MongoPoolOptions {
  /** A connection string, or the driver's own options with the connection string as `uri`. The pool makes and closes the client. */
  connection?: string | ConnectionOptions;
  /** A client that is yours: its own options hold for its sockets, and `close()` leaves it open. */
  client?: MongoClient;
  /** The pool's options. */
  pool?: PoolOptions;
  /** Replaces the client when it is up to this old: new leases on the new one, the old closed with its last lease. @defaultValue Infinity */
  rotateEveryMs?: number;
  /** Rejects callers at once while no server takes writes, instead of letting them wait for one. @defaultValue false */
  failFastWhenNoPrimary?: boolean;
}

export interface ResolvedMongoOptions {
  readonly pool: ResolvedOptions;
  readonly adopted: MongoClient | undefined;
  readonly makeClient: () => MongoClient;
  readonly rotateAfterMs: number;
  readonly failFastWhenNoPrimary: boolean;
}

const OPTIONS: readonly string[] = [
  'connection',
  'client',
  'pool',
  'rotateEveryMs',
  'failFastWhenNoPrimary',
] satisfies (keyof MongoPoolOptions)[];

const NAME = '@pool/mongodb';
const SOCKETS = "sockets are the driver's, which watches its servers by itself";

const REFUSED = {
  maxUses: 'use rotateEveryMs',
  validateAfterIdleMs: SOCKETS,
  validateTimeoutMs: SOCKETS,
  keepaliveIntervalMs: SOCKETS,
};

const REFUSED_WITHOUT_ROTATION = {
  maxLifetimeMs: 'use rotateEveryMs',
  maxLifetimeJitter: 'use rotateEveryMs',
};

const OF_CLIENT = 'set it on the client:';
const REFUSED_WITH_CLIENT = {
  min: `${OF_CLIENT} minPoolSize`,
  idleTimeoutMs: `${OF_CLIENT} maxIdleTimeMS`,
  maxConnecting: `${OF_CLIENT} maxConnecting`,
};

/** @throws {OptionError} an unknown option, a wrong value, or the same setting given twice and not the same */
export function resolveMongoOptions(input: MongoPoolOptions): ResolvedMongoOptions {
  const options: MongoPoolOptions = { ...input };
  const name = options.pool?.name ?? 'mongodb';
  checkShape(name, options);
  const { client, connection, rotateEveryMs = Infinity, failFastWhenNoPrimary = false } = options;
  refuseOptions(options.pool, NAME, REFUSED);
  const rotating = withRotation(name, options.pool ?? {}, rotateEveryMs);
  const shared = client === undefined ? 'own' : 'adopted';
  const sized =
    shared === 'own'
      ? withDriversOptions(name, rotating, asObject(connection!))
      : adopted(name, rotating, client!);
  const pool = resolveOptions({
    ...sized,
    name,
    // Nothing is to be validated: a permit has no socket.
    validateAfterIdleMs: Infinity,
    keepaliveIntervalMs: Infinity,
  });
  if (connection !== undefined && hasTimeoutMS(asObject(connection))) warnOfTimeoutMS(name, 'connection');
  return {
    pool,
    adopted: client,
    makeClient: () => makeClient(pool, asObject(connection!)),
    // No sooner than the first of its permits ends: that one is replaced by one on the new client.
    rotateAfterMs: rotateEveryMs * (1 - pool.maxLifetimeJitter),
    failFastWhenNoPrimary,
  };
}

/** The driver does nothing with it from 7.8 on, which nobody would notice. */
export function warnOfTimeoutMS(pool: string, place: string): void {
  const instead = 'use timeoutMs of the pool’s calls, maxTimeMS, or socketTimeoutMS';
  process.emitWarning(
    `pool "${pool}": timeoutMS (${place}) does nothing from driver 7.8 on; ${instead}`,
    'PoolWarning',
  );
}

function asObject(connection: string | ConnectionOptions): ConnectionOptions {
  return typeof connection === 'string' ? { uri: connection } : connection;
}

function withRotation(pool: string, options: PoolOptions, rotateEveryMs: number): PoolOptions {
  if (rotateEveryMs === Infinity) {
    refuseOptions(options, NAME, REFUSED_WITHOUT_ROTATION);
    return { ...options, maxLifetimeMs: Infinity };
  }
  const { maxLifetimeMs = rotateEveryMs } = options;
  if (maxLifetimeMs === rotateEveryMs) return { ...options, maxLifetimeMs };
  const expected = `the same as rotateEveryMs (${rotateEveryMs}), or only one of the two`;
  throw new OptionError({ pool, option: 'pool.maxLifetimeMs', received: maxLifetimeMs, expected });
}

function adopted(pool: string, options: PoolOptions, client: MongoClient): PoolOptions {
  checkClient(pool, client);
  refuseOptions(options, `${NAME} with your client`, REFUSED_WITH_CLIENT);
  return withAdoptedOptions(pool, options, client);
}

/** The driver checks its own options, and says what is wrong; nothing is connected yet. */
function makeClient(pool: ResolvedOptions, { uri, ...driver }: ConnectionOptions): MongoClient {
  try {
    return new MongoClient(uri, { ...driver, ...forDriver(pool) });
  } catch (error) {
    const said = withoutCredentials(error instanceof Error ? error.message : String(error), uri);
    throw new OptionError({
      pool: pool.name,
      option: 'connection',
      expected: `what the driver takes: ${said}`,
    });
  }
}

/** P24: a message of the driver may repeat what it could not read. */
function withoutCredentials(message: string, uri: string): string {
  const userinfo = /\/\/(.*)@/.exec(uri)?.[1] ?? '';
  const secrets = [userinfo, ...userinfo.split(':'), uri].filter((secret) => secret !== '');
  return secrets.some((secret) => message.includes(secret))
    ? 'the connection string cannot be read'
    : message;
}

function checkShape(pool: string, options: MongoPoolOptions): void {
  for (const option of Object.keys(options))
    if (!OPTIONS.includes(option)) throw refused(pool, option, `one of ${OPTIONS.join(', ')}`);
  checkServer(pool, options);
  const { client, rotateEveryMs, failFastWhenNoPrimary = false } = options;
  if (rotateEveryMs !== undefined) {
    if (!(rotateEveryMs > 0))
      throw refused(pool, 'rotateEveryMs', 'milliseconds above 0, or Infinity for never', rotateEveryMs);
    const alone = 'not given with `client`: the pool cannot make another one like it';
    if (client !== undefined) throw refused(pool, 'rotateEveryMs', alone, rotateEveryMs);
  }
  if (typeof failFastWhenNoPrimary !== 'boolean')
    throw refused(pool, 'failFastWhenNoPrimary', 'a boolean', failFastWhenNoPrimary);
}

function checkServer(pool: string, { connection, client }: MongoPoolOptions): void {
  if ((connection === undefined) === (client === undefined)) {
    const expected = 'a connection string or an object with a uri, or else `client`: exactly one of the two';
    throw refused(pool, 'connection', expected);
  }
  if (client !== undefined) return;
  const uri: unknown = asObject(connection!)?.uri;
  if (typeof uri !== 'string') throw refused(pool, 'connection.uri', 'a connection string', uri);
}

function refused(pool: string, option: string, expected: string, received?: unknown): OptionError {
  return new OptionError({ pool, option, expected, ...(received === undefined ? {} : { received }) });
}
