import { readFileSync } from 'node:fs';

/** What the docstring of each option in a source says, without its default: the one text for README and schema. */
export function docstringsOf(source: URL): (option: string) => string | undefined {
  const text = readFileSync(source, 'utf8');
  return (option) => {
    const found = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+(?:readonly )?${option}\\?:`).exec(text);
    return found?.[1]
      ?.replaceAll(/\n\s*\* ?/g, ' ')
      .split('@defaultValue')[0]
      ?.trim();
  };
}

export const CORE_OPTIONS: URL = new URL('../../core/src/options.ts', import.meta.url);
export const SQLITE_OPTIONS: URL = new URL('../../sqlite/src/options.ts', import.meta.url);
