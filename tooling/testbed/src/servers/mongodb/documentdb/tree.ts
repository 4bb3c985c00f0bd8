// The server tree: Debian sid's PostgreSQL with the DocumentDB extension, in a directory of the user's cache, made by
// debootstrap once. In it, too: a database cluster that needs but be copied.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureInstalled } from '../../debian.ts';
import { say } from '../../say.ts';

const exec = promisify(execFile);

const BUILDER = fileURLToPath(new URL('./build-tree.ts', import.meta.url));
/** A tree of another recipe has another name. */
const NAME = 'documentdb-1';
const BUILD_LIMIT_MS = 15 * 60_000;

export const DEBOOTSTRAP = '/usr/sbin/debootstrap';
/** Inside the tree: the cluster to copy. */
export const TEMPLATE = '/var/lib/pool-template';

/** Where the tree is, made if it is not there yet. Several processes may ask at the same time: one makes it. */
export async function ensureTree(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const directory = join(cache, 'pool-testbed');
  const tree = join(directory, NAME);
  if (existsSync(tree)) return tree;
  await ensureInstalled(DEBOOTSTRAP, ['debootstrap']);
  await mkdir(directory, { recursive: true });
  say(`building a server for MongoDB's drivers in ${tree} (once, a minute or two, 800 MB)`);
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', BUILDER, tree];
  await exec('flock', [join(directory, `${NAME}.lock`), ...node], { timeout: BUILD_LIMIT_MS });
  return tree;
}
