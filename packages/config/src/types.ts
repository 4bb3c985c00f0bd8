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

type OptionsOf<D extends Driver> = (typeof DRIVERS)[D]['options'];

/** What a kind takes, and gives: they differ for durations. */
type ValueOf<K, Time> = K extends { type: 'choice'; values: readonly (infer Value)[] }
  ? Value
  : K extends { type: infer Type extends keyof Values<Time> }
    ? Values<Time>[Type]
    : never;

interface Values<Time> {
  count: number;
  duration: Time;
  flag: boolean;
  url: string;
  list: string[];
  map: Readonly<Record<string, string | number | boolean>>;
}

/** What only one driver's adapter takes. */
type OwnInput<D extends Driver> = {
  readonly [Option in keyof OptionsOf<D> as WithoutUnit<Option>]?: Readonly<
    ValueOf<OptionsOf<D>[Option], Duration>
  >;
};

type OwnOptions<D extends Driver> = {
  [Option in keyof OptionsOf<D>]?: ValueOf<OptionsOf<D>[Option], number>;
};

/** What may be said of one database besides its driver. */
export type DatabaseSettings<D extends Driver> = {
  readonly url?: string;
  /** Instead of one within the URL. */
  readonly password?: string;
  readonly preset?: PresetName;
  readonly pool?: Omit<PoolInput, keyof (typeof DRIVERS)[D]['refused']>;
  /** The driver's own options, passed on as they are; the URL is added to them (for MySQL: instead of a URL). */
  readonly connection?: Readonly<Record<string, unknown>>;
} & OwnInput<D>;

/** One database, discriminated by `driver`. */
export type DatabaseInput<D extends Driver = Driver> = {
  [K in D]: { readonly driver: K } & DatabaseSettings<K>;
}[D];

/** Several databases by name. */
export type ConfigInput = Readonly<Record<string, DatabaseInput>>;

/** Ready for `createPostgresPool`, `createMysqlPool`, `createMongoPool`, `createSqlitePool`. */
export type Configs = {
  [D in Driver]: {
    connection: (typeof DRIVERS)[D]['target'] extends infer Target extends string
      ? Record<Target, string>
      : string;
    pool: PoolOptions;
  } & OwnOptions<D>;
};

export type Config<Input> = {
  [Name in keyof Input]: Input[Name] extends { readonly driver: infer D extends Driver } ? Configs[D] : never;
};
