import { createEnv } from '@t3-oss/env-core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  configSchema,
  environmentSchema,
  loadConfig,
  variableSchemas,
  type Configs,
  type Environment,
  type StandardIssue,
  type StandardSchema,
} from '../src/index.ts';

const DATABASE_URL = 'postgres://app@db.example/orders';

const onValidationError = (issues: readonly { message: string }[]): never => {
  throw new Error(issues.map(({ message }) => message).join('; '));
};

const environment = (runtimeEnv: Record<string, string>) =>
  createEnv({ server: variableSchemas({ driver: 'postgres' }), runtimeEnv, onValidationError });

const asOneSchema = (runtimeEnv: Record<string, string>) =>
  createEnv({
    server: variableSchemas({ driver: 'postgres' }),
    createFinalSchema: () => environmentSchema({ driver: 'postgres', preset: 'web' }) as never,
    runtimeEnv,
    onValidationError,
  });

const validate = (value: unknown) => configSchema['~standard'].validate(value);

describe('with t3-env', () => {
  test('each variable is checked by its own schema, and what passes is read by loadConfig', () => {
    const env = environment({ DATABASE_URL, DATABASE_POOL_MAX: '20', DATABASE_POOL_ACQUIRE_TIMEOUT: '5s' });

    expect(loadConfig(env, { driver: 'postgres' })).toEqual({
      connection: { connectionString: DATABASE_URL },
      pool: { max: 20, acquireTimeoutMs: 5_000 },
    });
  });

  test('a wrong variable is told in our words', () => {
    expect(() => environment({ DATABASE_URL, DATABASE_POOL_MAX: 'many', DATABASE_POOL_MIN: '' })).toThrow(
      'DATABASE_POOL_MAX: expected an integer of at least 1; write DATABASE_POOL_MAX=10; ' +
        'DATABASE_POOL_MIN: expected an integer of at least 0; write DATABASE_POOL_MIN=0',
    );
  });

  test('the whole environment can be one schema', () => {
    expect(asOneSchema({ DATABASE_URL })).toMatchObject({ pool: { max: 15 } });
    expect(() => asOneSchema({ DATABASE_URL, DATABASE_POOL_MAXX: '1' })).toThrow(
      'DATABASE_POOL_MAXX: expected',
    );
  });
});

describe('environmentSchema', () => {
  const env = { ORDERS_DATABASE_URL: DATABASE_URL, STOCK_DATABASE_URL: 'mysql://h/stock', PORT: '80' };

  test('of several databases keeps their names, so that its output fits into the bag of a whole application', () => {
    const schema = environmentSchema({
      databases: { orders: { driver: 'postgres' }, stock: { driver: 'mysql' } },
    });
    const result = schema['~standard'].validate(env);

    expectTypeOf(schema).toExtend<
      StandardSchema<Environment, { orders: Configs['postgres']; stock: Configs['mysql'] }>
    >();
    expect(result).toEqual({
      value: {
        orders: { connection: { connectionString: DATABASE_URL }, pool: { name: 'orders' } },
        stock: { connection: 'mysql://h/stock', pool: { name: 'stock' } },
      },
    });
  });

  test('tells all that is wrong, each with its variable for a path', () => {
    const databases = { orders: { driver: 'postgres' }, stock: { driver: 'mysql' } } as const;
    const { issues = [] } = environmentSchema({ databases })['~standard'].validate({});

    expect(issues.map(({ path }) => path)).toEqual([['ORDERS_DATABASE_URL'], ['STOCK_DATABASE_URL']]);
  });
});

describe('an environment', () => {
  test.each([undefined, null, 'DATABASE_URL=x', 5, []])(
    'that is %o is an issue, and throws nothing',
    (env) => {
      const { issues } = environmentSchema({ driver: 'postgres' })['~standard'].validate(env);

      expect(issues).toEqual([
        {
          message: 'the environment: expected an object of texts',
          path: ['the environment'],
        },
      ]);
    },
  );

  test('whose texts another validator has made numbers and booleans of is read all the same', () => {
    const env = { DATABASE_URL, DATABASE_POOL_MAX: 20, DATABASE_POOL_DETECT_NESTED_ACQUIRE: true };
    const { pool } = loadConfig(env, { driver: 'postgres' });

    expect(pool).toEqual({ max: 20, detectNestedAcquire: true });
  });
});

describe('variableSchemas', () => {
  test('has the prefix, the secrets and their files, and every option', () => {
    const names = Object.keys(variableSchemas({ driver: 'sqlite', prefix: 'CACHE' }));

    expect(names.slice(0, 3)).toEqual([
      'CACHE_DATABASE_URL',
      'CACHE_DATABASE_URL_FILE',
      'CACHE_DATABASE_POOL_PRESET',
    ]);
    expect(names).toContain('CACHE_DATABASE_POOL_READERS');
    expect(names).not.toContain('CACHE_DATABASE_POOL_MAX');
    expect(names).not.toContain('CACHE_DATABASE_PASSWORD');
  });
});

describe('configSchema', () => {
  test('is a Standard Schema of version 1, with its JSON Schema', () => {
    expect(configSchema['~standard']).toMatchObject({ version: 1, vendor: 'pool' });
    expect(configSchema['~standard'].jsonSchema.input({ target: 'draft-07' })).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
    });
  });

  test('gives what defineConfig gives', () => {
    expect(validate({ orders: { driver: 'postgres', url: DATABASE_URL, pool: { max: 3 } } })).toEqual({
      value: {
        orders: { connection: { connectionString: DATABASE_URL }, pool: { name: 'orders', max: 3 } },
      },
    });
  });

  test('tells the path of each issue', () => {
    const { issues = [] } = validate({ orders: { driver: 'postgres', url: DATABASE_URL, pool: { max: 0 } } });

    expect(issues).toEqual<StandardIssue[]>([
      {
        message: 'orders.pool.max: expected an integer of at least 1; write max: 10',
        path: ['orders', 'pool', 'max'],
      },
    ]);
  });
});
