import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where the bank lives, and how to be rid of it. */
export interface BankFile {
  /** `file:///…` */
  readonly url: string;
  discard(): void;
}

/** The file given, which stays; or one in a directory of its own, which goes. */
export function bankFile(given: string | undefined): BankFile {
  if (given !== undefined) return { url: pathToFileURL(given).href, discard() {} };
  const directory = mkdtempSync(join(tmpdir(), 'demo-sqlite-'));
  return {
    url: pathToFileURL(join(directory, 'bank.db')).href,
    discard: () => rmSync(directory, { recursive: true, force: true }),
  };
}
