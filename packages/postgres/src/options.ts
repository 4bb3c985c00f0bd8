import { OptionError, resolveOptions, type PoolOptions, type ResolvedOptions } from '@pool/core';
import { resolveConnection, type ConnectionOptions, type ResolvedConnection } from './connection-config.ts';
import type { PoolerOption } from './pooler.ts';
import type { ResetMode } from './reset.ts';

export interface PostgresPoolOptions {
  /** pg's own config, or a URL. */
  connection: string | ConnectionOptions;
  /** For each core pool. @defaultValue core's, `name` 'postgres' */
  pool?: PoolOptions;
  /**
   * When a session is reset at release: when it was seen to change, after every lease (a round trip each), or never. What
   * `tracked` cannot see: settings that a function changes by itself. @defaultValue 'tracked'
   */
  reset?: ResetMode;
  /** What is between the pool and the server. @defaultValue 'detect' */
  pooler?: PoolerOption;
  /** Around a pooler in transaction mode, for `listen()`. @defaultValue `connection` */
  directConnection?: string | ConnectionOptions;
  /** Servers that take the `readOnly` queries and transactions; each gets a core pool of its own. @defaultValue [] */
  replicas?: readonly (string | ConnectionOptions)[];
}

export interface ResolvedPostgresOptions {
  readonly connection: ResolvedConnection;
  readonly directConnection: ResolvedConnection | undefined;
  readonly replicas: readonly ResolvedConnection[];
  readonly pool: ResolvedOptions;
  readonly reset: ResetMode;
  readonly pooler: PoolerOption;
}

type Rule = readonly [expected: string, isFine: (value: unknown) => boolean];

const oneOf = (...values: string[]): Rule => [
  `one of ${values.join(', ')}`,
  (value) => values.includes(value as string),
];
const isConnection = (value: unknown): boolean =>
  (typeof value === 'string' && value.length > 0) || (typeof value === 'object' && value !== null);
const CONNECTION: Rule = ["a URL or pg's own config", isConnection];

const RULES: { readonly [K in keyof Required<PostgresPoolOptions>]: Rule } = {
  connection: CONNECTION,
  pool: ['an object', (value) => typeof value === 'object' && value !== null],
  reset: oneOf('tracked', 'always', 'never'),
  pooler: oneOf('detect', 'none', 'session', 'transaction'),
  directConnection: CONNECTION,
  replicas: [
    "an array of URLs or of pg's own configs",
    (value) => Array.isArray(value) && value.every((each) => isConnection(each)),
  ],
};

/** @throws {OptionError} an unknown option, or a wrong value */
export function resolvePostgresOptions(input: PostgresPoolOptions): ResolvedPostgresOptions {
  // Own properties only: nothing that somebody put on Object.prototype.
  const given: Partial<PostgresPoolOptions> = Object.assign(Object.create(null) as object, input);
  const name = nameOf(given.pool);
  for (const [option, value] of Object.entries(given)) checkOption(name, option, value);
  if (given.connection === undefined) checkOption(name, 'connection', undefined, true);
  const { directConnection, replicas = [] } = given;
  return Object.freeze({
    connection: resolveConnection(name, 'connection', given.connection!),
    directConnection:
      directConnection === undefined
        ? undefined
        : resolveConnection(name, 'directConnection', directConnection),
    replicas: replicas.map((replica, index) => resolveConnection(name, `replicas[${index}]`, replica)),
    pool: resolveOptions({ name, ...given.pool }),
    reset: given.reset ?? 'tracked',
    pooler: given.pooler ?? 'detect',
  });
}

function nameOf(pool: PoolOptions | undefined): string {
  const isNamed = typeof pool === 'object' && pool !== null && Object.hasOwn(pool, 'name');
  return isNamed && typeof pool.name === 'string' ? pool.name : 'postgres';
}

function checkOption(pool: string, option: string, value: unknown, isRequired = false): void {
  const rule = Object.hasOwn(RULES, option) ? RULES[option as keyof PostgresPoolOptions] : undefined;
  if (rule === undefined) {
    throw new OptionError({ pool, option, expected: `one of ${Object.keys(RULES).join(', ')}` });
  }
  if ((value === undefined && !isRequired) || rule[1](value)) return;
  throw new OptionError({ pool, option, received: value, expected: rule[0] });
}
