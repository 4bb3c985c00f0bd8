// From what was said of one database to what its adapter takes, or to all that is wrong with it.
import { DEFAULTS, type PoolOptions } from '@pool/core';
import { type Draft, isObject } from './draft.ts';
import { traitsOf, type Driver } from './drivers.ts';
import { valueOfText } from './kind.ts';
import { PRESETS, presetsOf, type Preset } from './presets.ts';
import { schemaOf } from './schema.ts';
import { byOption, ownSettingsOf, poolSettingsOf, snakeCaseOf, textSettingsOf } from './setting.ts';
import { tellIssue, tellUnknown } from './tell.ts';
import type { Configs } from './types.ts';
import { readUrl, withPassword } from './url.ts';

interface Parsed {
  readonly driver: Driver;
  readonly url?: string;
  readonly password?: string;
  readonly preset?: string;
  readonly pool?: Readonly<Record<string, unknown>>;
  readonly connection?: Readonly<Record<string, unknown>>;
}

/**
 * @param name the pool's, unless the draft has another one
 * @returns the adapter's options, or undefined when the draft has problems now
 */
export function check(draft: Draft, name: string | undefined): Configs[Driver] | undefined {
  const target = takeUrl(draft);
  const values = withPreset(draft);
  const { data, error } = schemaOf(draft.driver).safeParse(values);
  for (const issue of error?.issues ?? []) tellIssue(draft, issue);
  if (data === undefined) return undefined;

  const parsed = data as unknown as Parsed;
  const { driver: _driver, url: _url, password: _password, preset: _preset, pool, ...own } = parsed;
  const connection = connectionOf(draft, parsed, target);
  const options = {
    ...byOption(ownSettingsOf(draft.driver), own),
    connection,
    pool: { ...(name === undefined ? {} : { name }), ...byOption(poolSettingsOf(draft.driver), pool ?? {}) },
  };
  refuseTogether(draft, options);
  return draft.problems.length === 0 ? (options as Configs[Driver]) : undefined;
}

const parameterOf = (key: string): string => `?pool_${snakeCaseOf(key)}`;

/** Takes the pool's parameters out of the URL. @returns what the driver gets of it */
function takeUrl(draft: Draft): string | undefined {
  const { url, connection } = draft.values;
  if (url === undefined && connection === undefined && !draft.has(['url'])) {
    draft.refuse(['url'], 'a URL; it is not given', traitsOf(draft.driver).exampleUrl);
  }
  if (typeof url !== 'string' || url === '') return undefined;
  const read = readUrl(draft.driver, url);
  const { where } = draft.placeOf(['url']);
  if ('expected' in read) {
    draft.problems.push({ where, ...read });
    return undefined;
  }
  const settings = textSettingsOf(draft.driver);
  for (const [name, text] of read.parameters) {
    const place = {
      where: `${where} (?pool_${name})`,
      write: (example: string) => `?pool_${name}=${example}`,
    };
    const setting = settings.find(({ key }) => snakeCaseOf(key) === name);
    if (setting === undefined) tellUnknown(draft, { where: place.where, name, settings, spell: parameterOf });
    else if (!draft.has(setting.path)) draft.set(setting.path, valueOfText(setting.kind, text), place);
  }
  return read.target;
}

/** What a preset says stands below what was said. */
function withPreset({ driver, values }: Draft): object {
  const { preset, pool = {} } = values;
  if (!presetsOf(driver).some((name) => name === preset) || !isObject(pool)) return values;
  const chosen: Preset = PRESETS[preset as keyof typeof PRESETS];
  const keys = new Set(poolSettingsOf(driver).map(({ key }) => key));
  const base = Object.fromEntries(Object.entries(chosen.pool).filter(([key]) => keys.has(key)));
  // A preset's min gives way to a max that was said: nobody asked for that min.
  const { min, ...others } = base;
  const atMost = typeof pool['max'] === 'number' ? pool['max'] : Infinity;
  const least = typeof min === 'number' ? { min: Math.min(min, atMost) } : {};
  return { ...(driver === 'sqlite' ? chosen.sqlite : {}), ...values, pool: { ...others, ...least, ...pool } };
}

function connectionOf(draft: Draft, parsed: Parsed, target: string | undefined): object | string {
  const { connection = {}, password } = parsed;
  if (target === undefined) return connection;
  const { target: option } = traitsOf(draft.driver);
  const url = password === undefined ? target : withPassword(target, password);
  if (typeof url === 'object') {
    draft.problems.push({ where: draft.placeOf(['url']).where, ...url });
    return connection;
  }
  if (option === undefined) {
    if (parsed.connection !== undefined) draft.refuse(['connection'], 'nothing here beside a URL');
    return url;
  }
  if (Object.hasOwn(connection, option))
    draft.refuse(['connection', option], 'nothing here: the URL says it');
  return { ...connection, [option]: url };
}

interface Options {
  readonly pool: PoolOptions;
  readonly rotateEveryMs?: number;
}

/** What each value alone does not tell. */
function refuseTogether(draft: Draft, { pool, rotateEveryMs }: Options): void {
  const { max = DEFAULTS.max, min = DEFAULTS.min } = pool;
  if (min > max) draft.refuse(['pool', 'min'], 'at most max', '1');
  if (draft.driver === 'mongodb' && pool.maxLifetimeJitter !== undefined && rotateEveryMs === undefined) {
    draft.refuse(['pool', 'maxLifetimeJitter'], 'nothing here without rotateEvery');
  }
}
