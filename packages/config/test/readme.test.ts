import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEFAULTS } from '@pool/core';
import { CORE_OPTIONS, docstringsOf } from '../scripts/docstrings.ts';
import { DRIVERS, type Driver } from '../src/drivers.ts';
import { toDuration } from '../src/duration.ts';
import { PRESETS, type Preset } from '../src/presets.ts';
import { ownSettingsOf, poolSettingsOf, snakeCaseOf, type Setting } from '../src/setting.ts';

const README = new URL('../README.md', import.meta.url);
const drivers = Object.keys(DRIVERS) as Driver[];

const TABLES: Record<string, () => string[]> = {
  options: () => [
    '| key | variable | default | what it says |',
    '| --- | --- | --- | --- |',
    ...poolSettingsOf('postgres').map(rowOfPool),
    ...drivers.map(rowOfOwn),
  ],
  presets: () => [
    '| preset | sets | because |',
    '| --- | --- | --- |',
    ...Object.entries(PRESETS as Record<string, Preset>).map(rowOfPreset),
  ],
};

test.each(Object.keys(TABLES))('the table of %s in the README is what the code says', (name) => {
  const readme = readFileSync(README, 'utf8');
  const place = new RegExp(`(<!-- ${name}:begin[^>]*-->\n)[^]*?(<!-- ${name}:end -->)`);
  const table = TABLES[name]!().join('\n');
  const expected = readme.replace(place, (_, begin: string, end: string) => `${begin}${table}\n${end}`);
  // UPDATE_README=1 npm test writes it anew.
  if (process.env['UPDATE_README'] !== undefined) writeFileSync(README, expected);

  expect(readFileSync(README, 'utf8')).toBe(expected);
});

test('the README has at most 150 lines', () => {
  expect(readFileSync(README, 'utf8').split('\n').length).toBeLessThanOrEqual(151);
});

const variableOf = (key: string): string => `DATABASE_POOL_${snakeCaseOf(key).toUpperCase()}`;

function rowOfPool({ key, option }: Setting): string {
  const value = DEFAULTS[option as keyof typeof DEFAULTS];
  const shown = option.endsWith('Ms')
    ? toDuration(value as number)
    : value === Infinity
      ? 'unlimited'
      : value;
  const refusing = drivers.filter((driver) => !poolSettingsOf(driver).some((setting) => setting.key === key));
  const except = refusing.length === 0 ? '' : ` Not for ${refusing.join(' and ')}.`;
  const says = docstringsOf(CORE_OPTIONS)(option);
  return `| \`${key}\` | \`${variableOf(key)}\` | ${String(shown)} | ${says}${except} |`;
}

/** What stands beside `pool`, and is explained by its adapter's own documentation. */
function rowOfOwn(driver: Driver): string {
  const settings = ownSettingsOf(driver);
  const keys = settings.map(({ key }) => `\`${key}\``).join(', ');
  const texts = settings.filter(({ kind }) => kind.type !== 'map');
  const variables = texts.map(({ key }) => `\`${variableOf(key)}\``).join(', ');
  return `| beside \`pool\`: ${keys} | ${variables} | | See [\`@pool/${driver}\`](../${driver}/README.md). |`;
}

function rowOfPreset([name, { pool, sqlite, reasons }]: [string, Preset]): string {
  const values = Object.entries({ ...pool, ...sqlite });
  const sets = values.map(([key, value]) => `\`${key}: ${String(value)}\``).join(', ');
  const because = values.map(([key]) => `\`${key}\`: ${reasons[key]}`).join('. ');
  return `| \`${name}\` | ${sets} | ${because}. |`;
}
