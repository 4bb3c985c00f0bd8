import { readFileSync } from 'node:fs';
import type { Draft, Place } from './draft.ts';
import type { Driver } from './drivers.ts';
import { valueOfText } from './kind.ts';
import { snakeCaseOf, textSettingsOf, type Setting } from './setting.ts';
import { tellUnknown } from './tell.ts';

/** `process.env`, or what another validator made of it, which may have read numbers and booleans already. */
export type Environment = Readonly<Record<string, string | number | boolean | undefined>>;

const DATABASE = 'DATABASE_';
const POOL = `${DATABASE}POOL_`;

/** The secrets of a driver; each may stand in a file that `<variable>_FILE` names. */
export const secretsOf = (driver: Driver): string[] => (driver === 'sqlite' ? ['url'] : ['url', 'password']);

/** All that one word of the environment can say; `DATABASE_POOL_MAX` sets `pool.max`, with `ORDERS_` before it for a prefix. */
export const variablesOf = (driver: Driver, prefix: string): [variable: string, setting: Setting][] =>
  textSettingsOf(driver).map((setting) => [poolVariable(prefix, setting.key), setting]);

const poolVariable = (prefix: string, key: string): string =>
  `${prefix}${POOL}${snakeCaseOf(key).toUpperCase()}`;

export const secretVariable = (prefix: string, key: string): string =>
  `${prefix}${DATABASE}${key.toUpperCase()}`;

/** `ORDERS` and `ORDERS_` are the same prefix. */
export const prefixOf = (given: string | undefined): string =>
  given === undefined || given === '' || given.endsWith('_') ? (given ?? '') : `${given}_`;

/** The prefix of a database: `ORDER_EVENTS_` for `orderEvents`. */
export function prefixOfName(name: string): string {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('-', '_');
  return `${words.toUpperCase()}_`;
}

/** The place that a path has in the environment. */
export function placeInEnvironment(prefix: string, path: readonly string[]): Place {
  const key = path.at(-1) ?? '';
  const isSecret = path.length === 1 && (key === 'url' || key === 'password');
  const where = isSecret ? secretVariable(prefix, key) : poolVariable(prefix, key);
  return { where, write: (text) => `${where}=${text}` };
}

/** What the environment says, over what the draft says already. */
export function readEnvironment(draft: Draft, given: Environment, prefix: string): void {
  const env = textsOf(given);
  for (const key of secretsOf(draft.driver)) readSecret(draft, env, prefix, key);
  const settings = new Map(variablesOf(draft.driver, prefix));
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(`${prefix}${POOL}`)) continue;
    const setting = settings.get(variable);
    if (setting === undefined) {
      const name = variable.slice(prefix.length + POOL.length).toLowerCase();
      const spell = (key: string): string => poolVariable(prefix, key);
      tellUnknown(draft, { where: variable, name, settings: [...settings.values()], spell });
    } else {
      draft.set(setting.path, valueOfText(setting.kind, text), placeInEnvironment(prefix, setting.path));
    }
  }
}

type Texts = Readonly<Record<string, string>>;

const textsOf = (env: Environment): Texts =>
  Object.fromEntries(
    Object.entries(env).flatMap(([variable, value]) =>
      value === undefined ? [] : [[variable, String(value)]],
    ),
  );

function readSecret(draft: Draft, env: Texts, prefix: string, key: string): void {
  const variable = secretVariable(prefix, key);
  const fileVariable = `${variable}_FILE`;
  const [text, file] = [env[variable], env[fileVariable]];
  const place = placeInEnvironment(prefix, [key]);
  if (text !== undefined && file !== undefined) {
    draft.set([key], undefined, place);
    draft.refuse([key], `nothing here: ${fileVariable} is given too`);
  } else if (file !== undefined) {
    // Also when it cannot be read: it is not missing then.
    draft.set([key], readSecretFile(draft, fileVariable, file), { ...place, where: fileVariable });
  } else if (text !== undefined) {
    draft.set([key], text, place);
  }
}

/** Without the line break that editors and `echo` add. */
function readSecretFile(draft: Draft, where: string, file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    // Neither the file's name nor the error, which holds it: somebody may have put the secret itself there.
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    draft.problems.push({ where, expected: `the name of a file that can be read (${code})` });
    return undefined;
  }
}
