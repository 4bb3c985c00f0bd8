// Run by itself, under a lock, with the tree's directory as its argument: makes the tree, unless another process just did.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHROOT, PROGRAMS, startPostmaster } from './postmaster.ts';
import { DEBOOTSTRAP, TEMPLATE } from './tree.ts';

const exec = promisify(execFile);

const SUITE = 'sid';
const PACKAGES = ['postgresql-18', 'postgresql-18-documentdb'];
const LOG = '/debootstrap/debootstrap.log';
/** Debian's packages, once they are unpacked. */
const LEFTOVERS = ['/var/cache/apt', '/var/lib/apt/lists', '/usr/share/doc'];

// The data is thrown away with the server, and shared memory needs no mount.
const SETTINGS = `
listen_addresses = ''
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
documentdb.useFileBasedPersistedCursors = on
dynamic_shared_memory_type = mmap
fsync = off
`;

async function buildTree(tree: string): Promise<void> {
  if (existsSync(tree)) return;
  const unfinished = `${tree}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await bootstrap(unfinished);
  await Promise.all(LEFTOVERS.map((path) => rm(join(unfinished, path), { recursive: true, force: true })));
  await makeTemplate(unfinished);
  await rename(unfinished, tree);
}

async function bootstrap(directory: string): Promise<void> {
  const include = `--include=${PACKAGES.join(',')}`;
  try {
    await exec(DEBOOTSTRAP, ['--variant=minbase', include, SUITE, directory], { maxBuffer: 64 * 2 ** 20 });
  } catch (error) {
    const log = await readFile(join(directory, LOG), 'utf8').catch(() => '');
    throw new Error(`debootstrap failed: ${log.trim().split('\n').slice(-5).join('\n')}`, { cause: error });
  }
}

/** An empty cluster with the extension in it. Small log segments: they are most of what is copied for each server. */
async function makeTemplate(directory: string): Promise<void> {
  const asPostgres = (...command: string[]) =>
    exec(CHROOT, ['--userspec=postgres:postgres', directory, ...command]);
  await exec(CHROOT, [directory, 'install', '-d', '-o', 'postgres', '-g', 'postgres', '-m', '700', TEMPLATE]);
  const flags = [
    '--no-sync',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--wal-segsize=1',
    '-U',
    'postgres',
  ];
  await asPostgres(`${PROGRAMS}/initdb`, '-D', TEMPLATE, ...flags);
  await appendFile(join(directory, TEMPLATE, 'postgresql.conf'), SETTINGS);
  const postmaster = await startPostmaster(directory, TEMPLATE);
  const create = 'create extension documentdb cascade';
  await asPostgres(`${PROGRAMS}/psql`, '-q', '-h', TEMPLATE, '-U', 'postgres', '-c', create);
  await postmaster.stop();
}

await buildTree(process.argv[2]!);
