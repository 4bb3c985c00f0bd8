import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the bank lives, and how to be rid of it. */
export interface BankFile {
  readonly filename: string;
  discard(): void;
}

/** The file given, which stays; or one in a directory of its own, which goes. */
export function bankFile(given: string | undefined): BankFile {
  if (given !== undefined) return { filename: given, discard() {} };
  const directory = mkdtempSync(join(tmpdir(), 'demo-sqlite-'));
  return {
    filename: join(directory, 'bank.db'),
    discard: () => rmSync(directory, { recursive: true, force: true }),
  };
}
