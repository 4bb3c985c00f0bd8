import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config-error.ts';
import { checkAll } from './define-config.ts';
import type { Driver } from './drivers.ts';
import type { Configs } from './types.ts';

/**
 * Reads JSON or YAML, and checks it as `defineConfig` does.
 *
 * @param drivers the databases that the program needs, each with its driver; the text may have more
 * @throws {ConfigError} with all that is wrong
 */
export function parseConfig<const Drivers extends Readonly<Record<string, Driver>>>(
  text: string,
  drivers: Drivers,
): { [Name in keyof Drivers]: Configs[Drivers[Name]] } {
  const input = parse(text);
  const { config, problems } = checkAll(input);
  for (const [name, driver] of Object.entries(drivers)) {
    const given = (input as Record<string, { driver?: unknown } | undefined> | null)?.[name];
    if (given === undefined) problems.push({ where: name, expected: `a database with the driver ${driver}` });
    else if (Object.hasOwn(config, name) && given.driver !== driver) {
      problems.push({ where: `${name}.driver`, expected: driver, write: `driver: '${driver}'` });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as { [Name in keyof Drivers]: Configs[Drivers[Name]] };
}

/** JSON is YAML. The parser's own messages would show what stands there. */
function parse(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new ConfigError([
      { where: `line ${line}, column ${col}`, expected: `JSON or YAML (${error.code})` },
    ]);
  }
  try {
    return document.toJS();
  } catch {
    // An alias without its anchor, or so many that they would fill the memory.
    throw new ConfigError([{ where: 'the configuration', expected: 'every alias to have its anchor' }]);
  }
}
