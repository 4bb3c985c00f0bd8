import { DEFAULTS, OPTION_KINDS, OPTION_NAMES, type PoolOptions } from '@pool/core';
import { traitsOf, type Driver } from './drivers.ts';
import { exampleOf, type Kind } from './kind.ts';
import { presetsOf } from './presets.ts';

/** One thing to set, and its spellings: `acquireTimeout` here, `ACQUIRE_TIMEOUT` in variables, `acquire_timeout` in URLs. */
export interface Setting {
  readonly key: string;
  /** What the adapter calls it. */
  readonly option: string;
  readonly kind: Kind;
  /** Where it stands in the input: in `pool`, or beside it. */
  readonly path: readonly string[];
  /** A value that would do, as one writes it in text. */
  readonly example: string;
}

/** The core's name without its unit: here durations carry their own. */
export const keyOf = (option: string): string => option.replace(/Ms$/, '');
export const snakeCaseOf = (key: string): string =>
  key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const POOL_SETTINGS = OPTION_NAMES.map((option): Setting & { option: keyof PoolOptions } => ({
  option,
  key: keyOf(option),
  kind: OPTION_KINDS[option],
  path: ['pool', keyOf(option)],
  example: exampleOf(OPTION_KINDS[option], DEFAULTS[option]),
}));

/** The settings of `pool` that the driver's adapter takes. */
export function poolSettingsOf(driver: Driver): readonly Setting[] {
  const { refused } = traitsOf(driver);
  return POOL_SETTINGS.filter(({ option }) => !Object.hasOwn(refused, option));
}

/** The settings that only this driver's adapter has. */
export function ownSettingsOf(driver: Driver): readonly Setting[] {
  return Object.entries(traitsOf(driver).options).map(([option, kind]) => ({
    key: keyOf(option),
    option,
    kind,
    path: [keyOf(option)],
    example: exampleOf(kind),
  }));
}

/** Values by key, as values by what the adapter calls them. */
export function byOption(settings: readonly Setting[], values: Readonly<Record<string, unknown>>): object {
  const options = new Map(settings.map(({ key, option }) => [key, option]));
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [options.get(key) ?? key, value]));
}

export function presetSettingOf(driver: Driver): Setting {
  const kind: Kind = { type: 'choice', values: presetsOf(driver) };
  return { key: 'preset', option: 'preset', kind, path: ['preset'], example: exampleOf(kind) };
}

export function settingsOf(driver: Driver): readonly Setting[] {
  return [presetSettingOf(driver), ...poolSettingsOf(driver), ...ownSettingsOf(driver)];
}

/** All that one word of text can say: in a variable, or in the URL. */
export function textSettingsOf(driver: Driver): readonly Setting[] {
  return settingsOf(driver).filter(({ kind }) => kind.type !== 'map');
}
