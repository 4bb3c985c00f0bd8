import { readFileSync } from 'node:fs';
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { publishedSchema } from '../scripts/write-schema.ts';
import { defineConfig } from '../src/index.ts';
import { errorOf } from './support/problems.ts';

const file = new URL(import.meta.resolve('@pool/config/schema.json'));
const published = JSON.parse(readFileSync(file, 'utf8')) as AnySchemaObject;
const isValid = new Ajv2020({
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
}).compile(published);

const url = 'postgres://app@db.example/orders';
const database = (more: object) => ({ db: { driver: 'postgres', url, ...more } });
const pool = (more: object) => database({ pool: more });

const RIGHT: object[] = [
  {},
  database({}),
  pool({ max: 1, min: 1, acquireTimeout: '5s', closeGrace: 0, maxUses: 'unlimited', maxLifetime: 'never' }),
  pool({ acquireTimeout: 0.5, validateAfterIdle: '0s', maxLifetimeJitter: 0 }),
  database({ preset: 'web', password: undefined, connection: { ssl: { ca: 'x' } } }),
  { db: { driver: 'postgres', connection: { host: 'h' } } },
  { a: { driver: 'mysql', url: 'mariadb://h/db' }, b: { driver: 'mongodb', url: 'mongodb+srv://h/db' } },
  { db: { driver: 'sqlite', url: 'file:a.db', readers: 2, writers: 2, pragmas: { a: 1, b: 'x', c: true } } },
];

const WRONG: object[] = [
  pool({ max: 0 }),
  pool({ max: '10' }),
  pool({ max: 1.5 }),
  pool({ acquireTimeout: 0 }),
  pool({ acquireTimeout: '0s' }),
  pool({ acquireTimeout: '5 s' }),
  pool({ acquireTimeout: '5' }),
  pool({ maxLifetimeJitter: 1.1 }),
  pool({ idleTimeoutMs: 5 }),
  pool({ detectNestedAcquire: 'true' }),
  database({ preset: 'embedded' }),
  database({ readers: 2 }),
  database({ url: 'mysql://h/db' }),
  database({ pool: null }),
  { db: { driver: 'postgres' } },
  { db: { driver: 'oracle', url } },
  { db: { url } },
  { 'a b': { driver: 'postgres', url } },
  { db: { driver: 'sqlite', url: 'file:a.db', pool: { max: 5 } } },
  { db: { driver: 'sqlite', url: 'file:a.db', writers: 3 } },
  { db: { driver: 'sqlite', url: 'file:a.db', password: 'x' } },
];

describe('schema.json', () => {
  test('is what the schema in the code says now: `pnpm run schema` writes it', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(publishedSchema())));
  });

  test('is JSON Schema 2020-12, valid by the strict rules of a validator', () => {
    expect(published['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(new Ajv2020().validateSchema(published)).toBe(true);
  });

  test.each(RIGHT)('and the code both take %j', (input) => {
    const json: unknown = JSON.parse(JSON.stringify(input));

    expect({ isValid: isValid(json), errors: isValid.errors }).toEqual({ isValid: true, errors: null });
    expect(errorOf(() => defineConfig(json as never))).toBeUndefined();
  });

  test.each(WRONG)('and the code both refuse %j', (input) => {
    const json: unknown = JSON.parse(JSON.stringify(input));

    expect(isValid(json)).toBe(false);
    expect(errorOf(() => defineConfig(json as never))).toBeDefined();
  });

  test('describes every option of the pool', () => {
    const { oneOf } = published['additionalProperties'] as {
      oneOf: { properties: { pool: { properties: Record<string, { description?: string }> } } }[];
    };
    const options = oneOf.flatMap(({ properties }) => Object.entries(properties.pool.properties));

    expect(options.length).toBeGreaterThan(70);
    expect(options.filter(([, { description }]) => description === undefined)).toEqual([]);
  });
});
