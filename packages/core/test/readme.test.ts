import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEFAULTS } from '../src/index.ts';

const README = new URL('../README.md', import.meta.url);
const OPTIONS = new URL('../src/options.ts', import.meta.url);
const TABLE = /(<!-- options:begin[^>]*-->\n)[^]*?(<!-- options:end -->)/;

test('the README says of every option what its docstring says, with its real default', () => {
  const readme = readFileSync(README, 'utf8');
  const expected = readme.replace(
    TABLE,
    (_, begin: string, end: string) => `${begin}${optionsTable()}\n${end}`,
  );
  // UPDATE_README=1 npm test writes it anew.
  if (process.env['UPDATE_README'] !== undefined) writeFileSync(README, expected);
  expect(readFileSync(README, 'utf8')).toBe(expected);
});

function optionsTable(): string {
  const source = readFileSync(OPTIONS, 'utf8');
  const rows = Object.entries(DEFAULTS).map(([option, value]) => {
    const docstring = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+${option}\\?:`).exec(source)![1]!;
    const text = docstring
      .replaceAll(/\n\s*\* ?/g, ' ')
      .split('@defaultValue')[0]!
      .trim();
    const shown =
      typeof value === 'number' ? value.toLocaleString('en').replaceAll(',', '_') : JSON.stringify(value);
    return `| \`${option}\` | ${value === Infinity ? 'Infinity' : shown} | ${text} |`;
  });
  return ['| option | default | what it does |', '| --- | --- | --- |', ...rows].join('\n');
}
