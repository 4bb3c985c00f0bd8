import { check } from './check.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { Draft, isObject, placeInObject } from './draft.ts';
import { DRIVER_NAMES, type Driver } from './drivers.ts';
import { nearest } from './nearest.ts';
import { NAME } from './schema.ts';
import type { Config, ConfigInput, Configs } from './types.ts';

/**
 * Checks several databases, each with its driver, and makes of each what its adapter takes: `createPostgresPool(config.orders)`.
 *
 * A pool is named like its database, unless `pool.name` says otherwise.
 *
 * @throws {ConfigError} with all that is wrong
 */
export function defineConfig<const Input extends ConfigInput>(input: Input): Config<Input> {
  const { config, problems } = checkAll(input);
  if (problems.length > 0) throw new ConfigError(problems);
  return config as Config<Input>;
}

export interface Checked {
  readonly config: Record<string, Configs[Driver]>;
  readonly problems: ConfigProblem[];
}

/** For what comes from a text, too: nothing is taken for granted. */
export function checkAll(input: unknown): Checked {
  const problems: ConfigProblem[] = [];
  const config: Checked['config'] = {};
  if (!isObject(input)) {
    problems.push({ where: 'the configuration', expected: 'an object of databases by name' });
    return { config, problems };
  }
  for (const [name, database] of Object.entries(input)) {
    if (name === '$schema') continue;
    const draft = draftOf(name, database, problems);
    if (draft === undefined) continue;
    const checked = check(draft, name);
    problems.push(...draft.problems);
    if (checked !== undefined) config[name] = checked;
  }
  return { config, problems };
}

function draftOf(name: string, database: unknown, problems: ConfigProblem[]): Draft | undefined {
  if (!NAME.test(name)) {
    problems.push({
      where: 'the configuration',
      expected: 'names of letters, digits, - and _',
      write: 'orders',
    });
    return undefined;
  }
  if (!isObject(database)) {
    problems.push({ where: name, expected: 'an object with a driver' });
    return undefined;
  }
  const driver = database['driver'];
  if (!isDriver(driver)) {
    const near = typeof driver === 'string' ? nearest(driver, DRIVER_NAMES) : undefined;
    const expected = DRIVER_NAMES.join(' or ');
    problems.push({ where: `${name}.driver`, expected, write: `driver: '${near ?? DRIVER_NAMES[0]}'` });
    return undefined;
  }
  return new Draft(driver, database, (path) => placeInObject([name, ...path]));
}

function isDriver(value: unknown): value is Driver {
  return DRIVER_NAMES.some((name) => name === value);
}
