import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { BOTH, database } from './support.ts';

const PROGRAM = fileURLToPath(new URL('./programs/idle.ts', import.meta.url));

describe.each(BOTH)('a program that does not end its pool, %s', (name) => {
  test.each([
    ['false', 'done\nremoved\n'],
    ['true', 'done\n'],
  ])('with allowExitOnIdle: %s ends by itself, and says %j', async (allowExitOnIdle, said) => {
    const options = ['--conditions=@pool/source', PROGRAM, database.url, name, allowExitOnIdle];
    const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 30_000 });
    expect(stdout).toBe(said);
  });
});
