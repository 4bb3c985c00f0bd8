// `pnpm run schema`: writes schema.json, for editors and for services that are not TypeScript.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { OPTION_NAMES } from '@pool/core';
import { configSchema } from '../src/index.ts';
import { CORE_OPTIONS, docstringsOf } from './docstrings.ts';

const FILE = new URL('../schema.json', import.meta.url);

interface DatabaseSchema {
  readonly properties: { readonly pool: { readonly properties: Record<string, object> } };
}

/** The schema as the file holds it: with the options described. */
export function publishedSchema(): Record<string, unknown> {
  const schema = configSchema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  const { oneOf } = schema['additionalProperties'] as { oneOf: DatabaseSchema[] };
  for (const { properties } of oneOf) describe(properties.pool.properties);
  const head = {
    $id: 'https://raw.githubusercontent.com/node-pools/pool/main/packages/config/schema.json',
    title: 'Databases and their pools, by name',
  };
  return { ...head, ...schema };
}

/** With the docstrings of the core, which tell of names that end in `Ms`; here the unit stands with the value. */
function describe(properties: Record<string, object>): void {
  const docstringOf = docstringsOf(CORE_OPTIONS);
  for (const option of OPTION_NAMES) {
    const key = option.replace(/Ms$/, '');
    const description = docstringOf(option);
    if (properties[key] !== undefined) properties[key] = { ...properties[key], description };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(FILE, JSON.stringify(publishedSchema()));
}
