// From what was said of one database to what its adapter takes, or to all that is wrong with it.
import { DEFAULTS, type PoolOptions } from '@pool/core';
import { type Draft, isObject } from './draft.ts';
import { traitsOf, type Driver } from './drivers.ts';
import { valueOfText } from './kind.ts';
import { PRESETS, type Preset } from './presets.ts';
import { presetsOf, schemaOf } from './schema.ts';
import { POOL_OPTION_OF, poolSettingsOf, snakeCaseOf, textSettingsOf } from './setting.ts';
import { tellIssue, tellUnknownName } from './tell.ts';
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
  const options = { ...own, connection, pool: { ...(name === undefined ? {} : { name }), ...inMs(pool) } };
  refuseTogether(draft, options);
  return draft.problems.length === 0 ? (options as Configs[Driver]) : undefined;
}

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
    if (setting === undefined)
      tellUnknownName(draft, place.where, name, (key) => `?pool_${snakeCaseOf(key)}`);
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

const inMs = (pool: Parsed['pool']): PoolOptions =>
  Object.fromEntries(Object.entries(pool ?? {}).map(([key, value]) => [POOL_OPTION_OF[key]!, value]));

function connectionOf(draft: Draft, parsed: Parsed, target: string | undefined): object {
  const { connection = {}, password } = parsed;
  const { target: option } = traitsOf(draft.driver);
  if (target === undefined) return connection;
  if (Object.hasOwn(connection, option)) {
    draft.refuse(['connection', option], 'nothing here: the URL says it');
  }
  if (password === undefined) return { ...connection, [option]: target };
  const complete = withPassword(target, password);
  if (typeof complete === 'string') return { ...connection, [option]: complete };
  draft.problems.push({ where: draft.placeOf(['url']).where, ...complete });
  return connection;
}

/** What each value alone does not tell. */
function refuseTogether(
  draft: Draft,
  options: { connection: object; pool: PoolOptions; mode?: string },
): void {
  const { max = DEFAULTS.max, min = DEFAULTS.min } = options.pool;
  if (min > max) draft.refuse(['pool', 'min'], 'at most max', '1');
  const { filename } = options.connection as { filename?: unknown };
  if (filename === ':memory:' && options.mode !== 'inline') {
    draft.refuse(['mode'], 'the mode for a database in memory, which is private to one connection', 'inline');
  }
}
