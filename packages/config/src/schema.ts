// The only place that makes zod schemas. They say what shape the input has; what is wrong is told in our own words.
import { z } from 'zod';
import { DRIVER_NAMES, traitsOf, type Driver } from './drivers.ts';
import { schemaOfKind } from './kind.ts';
import type { JsonSchemaTarget } from './standard.ts';
import { ownSettingsOf, poolSettingsOf, presetSettingOf, type Setting } from './setting.ts';

export type DatabaseSchema = z.ZodObject<Record<string, z.ZodType>>;

const shapeOf = (settings: readonly Setting[]): Record<string, z.ZodType> =>
  Object.fromEntries(settings.map(({ key, kind }) => [key, schemaOfKind(kind).optional()]));

function makeSchema(driver: Driver): DatabaseSchema {
  const { exampleUrl, schemes } = traitsOf(driver);
  const text = z.string().min(1);
  const description = `Such as ${exampleUrl}; its ?pool_… parameters set options of the pool.`;
  // Metadata only: `readUrl` judges it, and says what is wrong.
  const url = text.meta({ description, pattern: `^(${schemes.join('|').replaceAll('+', '[+]')}):` });
  const database = z.strictObject({
    driver: z.literal(driver),
    url: url.optional(),
    ...(driver === 'sqlite' ? {} : { password: text.optional().describe('Instead of one within the URL.') }),
    preset: schemaOfKind(presetSettingOf(driver).kind)
      .optional()
      .describe('Where the options of the pool begin.'),
    pool: z.strictObject(shapeOf(poolSettingsOf(driver))).optional(),
    connection: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("The driver's own options, passed on as they are."),
    ...shapeOf(ownSettingsOf(driver)),
  });
  return database.meta({ anyOf: [{ required: ['url'] }, { required: ['connection'] }] });
}

const SCHEMAS = Object.fromEntries(DRIVER_NAMES.map((driver) => [driver, makeSchema(driver)])) as Record<
  Driver,
  DatabaseSchema
>;

export const schemaOf = (driver: Driver): DatabaseSchema => SCHEMAS[driver];

/** What a name of a database may be: it becomes the pool's name, and part of a variable's. */
export const NAME: RegExp = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Several databases by name; `$schema` is for editors. */
const CONFIG: z.ZodType = z
  .object({ $schema: z.string().optional() })
  .catchall(z.discriminatedUnion('driver', Object.values(SCHEMAS) as [DatabaseSchema, ...DatabaseSchema[]]));

/** What the input may be, for those who do not run this code. */
export function jsonSchema(target: JsonSchemaTarget): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(CONFIG, { io: 'input', target });
  const pattern = `^([$]schema|${NAME.source.slice(1, -1)})$`;
  return { $schema, ...schema, propertyNames: { pattern } };
}
