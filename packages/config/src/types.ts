import type { PoolOptions } from '@pool/core';
import type { Driver, DRIVERS } from './drivers.ts';
import type { Duration } from './duration.ts';
import type { PresetName } from './presets.ts';

type WithoutUnit<Option> = Option extends `${infer Name}Ms` ? Name : Option;
type Unlimited = 'maxWaiting' | 'maxUses';

/** The core's pool options; durations lose the `Ms` of their names and take their unit with the value. */
export type PoolInput = {
  readonly [Option in keyof PoolOptions as WithoutUnit<Option>]?:
    | (Option extends `${string}Ms`
        ? Duration
        : PoolOptions[Option] | (Option extends Unlimited ? 'unlimited' : never))
    | undefined;
};

/** What only one driver's adapter takes. */
interface OwnInputs {
  postgres: object;
  mysql: object;
  mongodb: object;
  sqlite: SqliteOptions;
}

/** As in `@pool/sqlite`. */
export interface SqliteOptions {
  readonly mode?: 'worker' | 'inline';
  readonly readers?: number;
  readonly writers?: number;
  readonly durability?: 'normal' | 'full';
  readonly autoBatch?: boolean;
  readonly pragmas?: Readonly<Record<string, string | number | boolean>>;
}

/** What may be said of one database besides its driver. */
export type DatabaseSettings<D extends Driver> = {
  readonly url?: string;
  /** Instead of one within the URL. */
  readonly password?: string;
  readonly preset?: PresetName;
  readonly pool?: Omit<PoolInput, keyof (typeof DRIVERS)[D]['refused']>;
  /** The driver's own options, passed on as they are; the URL is added to them. */
  readonly connection?: Readonly<Record<string, unknown>>;
} & OwnInputs[D];

/** One database, discriminated by `driver`. */
export type DatabaseInput<D extends Driver = Driver> = {
  [K in D]: { readonly driver: K } & DatabaseSettings<K>;
}[D];

/** Several databases by name. */
export type ConfigInput = Readonly<Record<string, DatabaseInput>>;

/** Ready for `createPostgresPool`, `createMysqlPool`, `createMongoPool`, `createSqlitePool`. */
export interface Configs {
  postgres: { connection: { connectionString: string }; pool: PoolOptions };
  mysql: { connection: { uri: string }; pool: PoolOptions };
  mongodb: { connection: { uri: string }; pool: PoolOptions };
  sqlite: { connection: { filename: string }; pool: PoolOptions } & Mutable<SqliteOptions>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Config<Input> = {
  [Name in keyof Input]: Input[Name] extends { readonly driver: infer D extends Driver } ? Configs[D] : never;
};
