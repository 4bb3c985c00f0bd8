import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// The tables of @pool/core and @pool/config are generated; those of the adapters say more than a docstring, and must not say other.

interface Option {
  readonly name: string;
  readonly defaultValue: string | undefined;
}

const packages = new URL('../../../packages/', import.meta.url);
const plain = (text: string): string => text.replaceAll('`', '').replaceAll('−', '-').trim();

test.each(['postgres', 'mysql', 'mongodb', 'sqlite'])(
  'the README of @pool/%s has a row for each option, with the default that its docstring says',
  (name) => {
    const declared = declaredOptions(readFileSync(new URL(`${name}/src/options.ts`, packages), 'utf8'));
    const rows = optionRows(readFileSync(new URL(`${name}/README.md`, packages), 'utf8'));

    expect(rows.map((row) => row.name)).toEqual(declared.map((option) => option.name));
    for (const { name: option, defaultValue } of declared) {
      if (defaultValue === undefined) continue;
      expect(rows.find((row) => row.name === option)).toEqual({ name: option, defaultValue });
    }
  },
);

/** The members of `interface …PoolOptions`, each with a docstring. */
function declaredOptions(source: string): Option[] {
  const body = /^export interface \w+PoolOptions \{\n([^]*?)^\}/m.exec(source)![1]!;
  const members = body.matchAll(/\/\*\*([^]*?)\*\/\n {2}(\w+)\??:/g);
  return [...members].map(([, docstring, name]) => {
    const given = /@defaultValue (.+?)\s*$/.exec(docstring!)?.[1];
    return { name: name!, defaultValue: given === undefined ? undefined : plain(given) };
  });
}

/** The first table below `## Options`. */
function optionRows(readme: string): Option[] {
  const table = /^## Options\n[^]*?\n\| option \| default \|[^\n]*\n\|[ -|]*\n((?:\|[^\n]*\n)+)/m.exec(
    readme,
  )![1]!;
  return table
    .trimEnd()
    .split('\n')
    .map((row) => {
      // A | within a cell is escaped.
      const [, name, defaultValue] = row.split(/(?<!\\)\|/);
      return { name: plain(name!), defaultValue: plain(defaultValue!) };
    });
}
