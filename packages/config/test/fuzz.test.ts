import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineConfig, loadConfig, parseConfig, type ConfigInput, type Driver } from '../src/index.ts';
import { DRIVERS } from '../src/drivers.ts';
import { poolSettingsOf, settingsOf, snakeCaseOf } from '../src/setting.ts';
import { errorOf } from './support/problems.ts';

const drivers = fc.constantFrom(...(Object.keys(DRIVERS) as Driver[]));
/** Long and odd enough to be in no message by chance. */
const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).map((text) => `\u{1F511}${text}`);

describe('whatever is given', () => {
  test('the environment is taken, or refused by a ConfigError without a value', () => {
    const env = fc.dictionary(fc.constantFrom(...variables()), secret, { minKeys: 1 });
    fc.assert(
      fc.property(drivers, env, (driver, given) => {
        const error = errorOf(() => loadConfig(given, { driver }));

        expect(inspect(error, { showHidden: true })).not.toContain('\u{1F511}');
      }),
    );
  });

  test('a URL is taken, or refused by a ConfigError without a part of it', () => {
    const url = fc
      .tuple(fc.constantFrom('postgres://', 'mysql://', 'mongodb://', 'file:', 'sqlite:', ''), secret)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(drivers, url, (driver, given) => {
        const error = errorOf(() => loadConfig({ DATABASE_URL: given }, { driver }));

        expect(inspect(error, { showHidden: true })).not.toContain('\u{1F511}');
      }),
    );
  });

  test('an object is taken, or refused by a ConfigError', () => {
    const pool = fc.dictionary(
      fc.constantFrom(...poolSettingsOf('postgres').map(({ key }) => key)),
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
    );
    const database = fc.record({ driver: drivers, url: fc.anything(), pool, connection: fc.anything() });
    fc.assert(
      fc.property(fc.oneof(database, fc.anything()), (given) => {
        expect(() => errorOf(() => defineConfig({ db: given } as unknown as ConfigInput))).not.toThrow();
      }),
    );
  });

  test('a text is taken, or refused by a ConfigError', () => {
    const text = fc.oneof(fc.json(), fc.string({ unit: 'grapheme' }), fc.constant('a: &a [*a, *a]'));
    fc.assert(
      fc.property(text, (given) => {
        expect(() => errorOf(() => parseConfig(given, { db: 'postgres' }))).not.toThrow();
      }),
    );
  });
});

function variables(): string[] {
  const pooled = (Object.keys(DRIVERS) as Driver[]).flatMap((driver) =>
    settingsOf(driver).map(({ key }) => `DATABASE_POOL_${snakeCaseOf(key).toUpperCase()}`),
  );
  return ['DATABASE_URL', 'DATABASE_URL_FILE', 'DATABASE_PASSWORD', ...pooled];
}
