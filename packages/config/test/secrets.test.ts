import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  configSchema,
  defineConfig,
  environmentSchema,
  loadConfig,
  parseConfig,
  variableSchemas,
} from '../src/index.ts';
import { errorOf } from './support/problems.ts';

const CANARY = 's3cr3t-canary';

/** All that an error can be made to say. */
function textOf(error: Error): string {
  return [
    String(error),
    error.message,
    error.stack,
    inspect(error, { depth: Infinity, showHidden: true }),
    JSON.stringify(error),
    inspect(error.cause, { depth: Infinity, showHidden: true }),
  ].join('\n');
}

const define = (database: object) => () => defineConfig({ orders: database } as never);
const load = (env: Record<string, string>) => () => loadConfig(env, { driver: 'postgres' });
const url = 'postgres://h/db';

describe('a value that was given is in no word of the error', () => {
  test.each<[string, () => unknown]>([
    ['an unknown scheme', load({ DATABASE_URL: `${CANARY}://u:${CANARY}@h/db` })],
    ['no scheme', load({ DATABASE_URL: CANARY })],
    ['a raw #', load({ DATABASE_URL: `postgres://u:${CANARY}#@h/db` })],
    ['a raw /', load({ DATABASE_URL: `postgres://u:${CANARY}/@h/db` })],
    ['a raw ?', load({ DATABASE_URL: `postgres://u:${CANARY}?@h/db` })],
    ['a raw @', load({ DATABASE_URL: `postgres://u:${CANARY}@@h/db` })],
    ['a raw %', load({ DATABASE_URL: `postgres://u:${CANARY}%@h/db` })],
    ['a space', load({ DATABASE_URL: `postgres://u:${CANARY} @h/db` })],
    ['several hosts', load({ DATABASE_URL: `postgres://u:${CANARY}@h1,h2/db` })],
    ['a port that is none', load({ DATABASE_URL: `postgres://h:${CANARY}/db` })],
    ['a wrong parameter', load({ DATABASE_URL: `${url}?pool_max=${CANARY}` })],
    [
      'a password for a URL with one',
      load({ DATABASE_URL: `postgres://u:${CANARY}@h/db`, DATABASE_PASSWORD: CANARY }),
    ],
    ['a password for a URL without a user', load({ DATABASE_URL: url, DATABASE_PASSWORD: CANARY })],
    ['a secret for a file’s name', load({ DATABASE_URL_FILE: `/${CANARY}` })],
    ['two secrets', load({ DATABASE_URL: CANARY, DATABASE_URL_FILE: CANARY })],
    [
      'a wrong variable',
      load({ DATABASE_URL: url, DATABASE_POOL_MAX: CANARY, DATABASE_POOL_IDLE_TIMEOUT: CANARY }),
    ],
    ['a wrong flag', load({ DATABASE_URL: url, DATABASE_POOL_DETECT_NESTED_ACQUIRE: CANARY })],
    ['a wrong preset', load({ DATABASE_URL: url, DATABASE_POOL_PRESET: CANARY })],
    ['an unknown variable', load({ DATABASE_URL: url, DATABASE_POOL_SIZE: CANARY })],
    ['a wrong driver', define({ driver: CANARY })],
    ['a URL of a wrong type', define({ driver: 'postgres', url: { password: CANARY } })],
    ['a pool of a wrong type', define({ driver: 'postgres', url, pool: CANARY })],
    ['a count of a wrong type', define({ driver: 'postgres', url, pool: { max: { [CANARY]: CANARY } } })],
    ['a connection of a wrong type', define({ driver: 'postgres', url, connection: CANARY })],
    ['a URL twice', define({ driver: 'postgres', url, connection: { connectionString: CANARY } })],
    ['a password of a wrong type', define({ driver: 'postgres', url, password: [CANARY] })],
    ['a wrong pragma', define({ driver: 'sqlite', url: 'file:a', pragmas: { key: [CANARY] } })],
    ['a query of a file', define({ driver: 'sqlite', url: `file:a?key=${CANARY}` })],
    ['no YAML', () => parseConfig(`url: "${CANARY}\n  x: ${CANARY}`, {})],
    ['no config', () => parseConfig(CANARY, {})],
    ['an anchor that is none', () => parseConfig(`url: *${CANARY}`, {})],
    ['a tag that is none', () => parseConfig(`url: !${CANARY} x`, {})],
  ])('P24: %s', (_case, action) => {
    const error = errorOf(action);

    expect(error).toBeDefined();
    expect(error!.cause).toBeUndefined();
    expect(textOf(error!)).not.toContain(CANARY);
  });

  test('P24: nor of the issues of a Standard Schema', () => {
    const schemas = variableSchemas({ driver: 'postgres' });
    const results = [
      configSchema['~standard'].validate({
        orders: { driver: 'postgres', url: CANARY, pool: { max: CANARY } },
      }),
      environmentSchema({ driver: 'postgres' })['~standard'].validate({ DATABASE_URL: CANARY }),
      schemas['DATABASE_POOL_MAX']!['~standard'].validate(CANARY),
    ];

    expect(results.map(({ issues }) => issues!.length)).toEqual([2, 1, 1]);
    expect(JSON.stringify(results)).not.toContain(CANARY);
  });
});
