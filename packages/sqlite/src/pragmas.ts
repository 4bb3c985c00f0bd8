import { OptionError } from '@pool/core';

type Pragmas = Readonly<Record<string, string | number | boolean>>;

const NAME = /^[a-z_]+$/;
const VALUE = /^[\w.+-]+$/;

/** What the pool itself depends on. */
const OURS: Readonly<Record<string, string>> = {
  journal_mode: 'the pool needs WAL: readers beside a writer',
  locking_mode: 'the pool has more than one connection',
  busy_timeout: 'use pool.acquireTimeoutMs',
  query_only: 'readers have it, the writer must not',
  synchronous: 'use `durability`',
};

/** @throws {OptionError} a name or value that is none, or a pragma that the pool sets itself */
export function checkPragmas(pool: string, pragmas: Pragmas): Pragmas {
  for (const [name, value] of Object.entries(pragmas)) {
    const option = `pragmas.${name}`;
    if (!NAME.test(name))
      throw new OptionError({ pool, option, expected: 'the name of a pragma in lower case' });
    if (Object.hasOwn(OURS, name))
      throw new OptionError({ pool, option, expected: `not given: ${OURS[name]}` });
    if (!VALUE.test(String(value))) {
      throw new OptionError({ pool, option, expected: 'a number, a boolean or one word', received: value });
    }
  }
  return { ...pragmas };
}
