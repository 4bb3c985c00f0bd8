// For validators that take a Standard Schema (standardschema.dev), such as those of t3-env, NestJS and Fastify.
import { ConfigError, describe, type ConfigProblem } from './config-error.ts';
import { checkAll } from './define-config.ts';
import { isObject } from './draft.ts';
import { type Driver } from './drivers.ts';
import { prefixOf, secretsOf, secretVariable, variablesOf, type Environment } from './environment.ts';
import { expectedOf, schemaOfKind, valueOfText } from './kind.ts';
import {
  loadConfig,
  type LoadAllOptions,
  type Loaded,
  type LoadedDatabases,
  type LoadOptions,
} from './load-config.ts';
import { jsonSchema } from './schema.ts';
import type { Config, ConfigInput, Configs } from './types.ts';

/** The interface of the Standard Schema specification, version 1. */
export interface StandardSchema<Input, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly string[];
}

export type JsonSchemaTarget = 'draft-2020-12' | 'draft-07';

/** The JSON Schema of the input, as the Standard JSON Schema specification asks for it. */
interface WithJsonSchema {
  readonly jsonSchema: {
    readonly input: (options: { readonly target: JsonSchemaTarget }) => Record<string, unknown>;
  };
}

const standard = <Input, Output = Input>(
  validate: (value: unknown) => StandardResult<Output>,
): StandardSchema<Input, Output>['~standard'] => ({ version: 1, vendor: 'pool', validate });

const issues = (problems: readonly ConfigProblem[]): { readonly issues: readonly StandardIssue[] } => ({
  issues: problems.map((problem) => ({ message: describe(problem), path: problem.where.split('.') })),
});

/** Several databases by name, as `defineConfig` takes them. */
export const configSchema: StandardSchema<ConfigInput, Config<ConfigInput>> & {
  readonly '~standard': WithJsonSchema;
} = {
  '~standard': {
    ...standard((value) => {
      const { config, problems } = checkAll(value);
      return problems.length > 0 ? issues(problems) : { value: config };
    }),
    jsonSchema: { input: ({ target }) => jsonSchema(target) },
  },
};

/** The whole environment to what `loadConfig` makes of it. Several databases keep their names: for a bag shared with others. */
export function environmentSchema<D extends Driver>(
  options: LoadOptions<D>,
): StandardSchema<Environment, Configs[D]>;
export function environmentSchema<const Databases extends LoadedDatabases>(
  options: LoadAllOptions<Databases>,
): StandardSchema<Environment, Loaded<Databases>>;
export function environmentSchema(
  options: LoadOptions | LoadAllOptions<LoadedDatabases>,
): StandardSchema<Environment, unknown> {
  return {
    '~standard': standard<Environment, unknown>((env) => {
      if (!isObject(env)) return issues([{ where: 'the environment', expected: 'an object of texts' }]);
      try {
        return { value: loadConfig(env as Environment, options as LoadOptions) };
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return issues(error.problems);
      }
    }),
  };
}

/** Each variable with a schema of its own. What passes is the text as it was: `loadConfig` reads it afterwards. */
export function variableSchemas(options: {
  driver: Driver;
  prefix?: string;
}): Record<string, StandardSchema<string | undefined>> {
  const prefix = prefixOf(options.prefix);
  const secrets = secretsOf(options.driver).map((key) => secretVariable(prefix, key));
  const texts = secrets.flatMap((variable) => [variable, `${variable}_FILE`]);
  return Object.fromEntries([
    ...texts.map((variable) => [variable, textSchema(variable)]),
    ...variablesOf(options.driver, prefix).map(([variable, { kind, example }]) => {
      const schema = schemaOfKind(kind);
      const problem = { where: variable, expected: expectedOf(kind), write: `${variable}=${example}` };
      return [variable, passing((text) => schema.safeParse(valueOfText(kind, text)).success, problem)];
    }),
  ]) as Record<string, StandardSchema<string | undefined>>;
}

const textSchema = (variable: string): StandardSchema<string | undefined> =>
  passing((text) => text !== '', { where: variable, expected: 'a text that is not empty' });

function passing(
  isFine: (text: string) => boolean,
  problem: ConfigProblem,
): StandardSchema<string | undefined> {
  const validate = (value: unknown): StandardResult<string | undefined> =>
    value === undefined || (typeof value === 'string' && isFine(value)) ? { value } : issues([problem]);
  return { '~standard': standard(validate) };
}
