import { check } from './check.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { Draft } from './draft.ts';
import type { Driver } from './drivers.ts';
import {
  placeInEnvironment,
  prefixOf,
  prefixOfName,
  readEnvironment,
  type Environment,
} from './environment.ts';
import type { Configs, DatabaseInput } from './types.ts';

/** One database to be read from the environment. What else is said of it here holds unless the environment says otherwise. */
export type LoadOptions<D extends Driver = Driver> = DatabaseInput<D> & {
  /** `ORDERS` for ORDERS_DATABASE_URL. Of several databases each has its name by default. */
  readonly prefix?: string;
};

/** Several databases by name. */
export interface LoadAllOptions<Databases extends LoadedDatabases> {
  readonly databases: Databases;
}

export type LoadedDatabases = Readonly<Record<string, LoadOptions>>;

export type Loaded<Databases> = {
  [Name in keyof Databases]: Databases[Name] extends { readonly driver: infer D extends Driver }
    ? Configs[D]
    : never;
};

/**
 * Reads one database from the environment: DATABASE_URL, DATABASE_POOL_MAX, … or ORDERS_DATABASE_URL, … with a prefix.
 *
 * DATABASE_POOL_… variables count before `?pool_…` parameters of the URL, these before `options`, and these before a preset.
 *
 * @throws {ConfigError} with all that is wrong; also for a DATABASE_POOL_… variable that there is not
 */
export function loadConfig<D extends Driver>(env: Environment, options: LoadOptions<D>): Configs[D];
/** Reads several databases, each with its own prefix: `orders` from ORDERS_DATABASE_URL, … */
export function loadConfig<const Databases extends LoadedDatabases>(
  env: Environment,
  options: LoadAllOptions<Databases>,
): Loaded<Databases>;
export function loadConfig(
  env: Environment,
  options: LoadOptions | LoadAllOptions<LoadedDatabases>,
): unknown {
  const problems: ConfigProblem[] = [];
  const loaded =
    'databases' in options
      ? Object.fromEntries(
          Object.entries(options.databases).map(([name, one]) => [
            name,
            load(env, named(name, one), problems),
          ]),
        )
      : load(env, { ...options, name: nameOf(options.prefix) }, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return loaded;
}

type Named = LoadOptions & { readonly name: string | undefined };

const named = (name: string, options: LoadOptions): Named => ({
  prefix: prefixOfName(name),
  ...options,
  name,
});

/** `orders` for ORDERS_DATABASE_URL. */
const nameOf = (prefix: string | undefined): string | undefined =>
  prefix === undefined || prefix === '' ? undefined : prefix.replace(/_$/, '').toLowerCase();

function load(env: Environment, options: Named, problems: ConfigProblem[]): Configs[Driver] | undefined {
  const { prefix: given, name, ...said } = options;
  const prefix = prefixOf(given);
  const draft = new Draft(said.driver, said, (path) => placeInEnvironment(prefix, path));
  readEnvironment(draft, env, prefix);
  const config = check(draft, name);
  problems.push(...draft.problems);
  return config;
}
