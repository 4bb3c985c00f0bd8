// The mysqld or mariadbd of this machine: where it is, which one it is, and how it makes an empty data directory.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { canInstall, ensureInstalled } from './debian.ts';

const exec = promisify(execFile);

/** A server program of this machine. */
export interface MysqlProgram {
  readonly path: string;
  readonly isMariadb: boolean;
}

// The server's installer wants my_print_defaults, which is among the client's programs.
const DEBIAN = {
  program: '/usr/sbin/mariadbd',
  last: '/usr/bin/my_print_defaults',
  packages: ['mariadb-server-core', 'mariadb-client-core'],
} as const;

export const NO_PROGRAM =
  'no server to test with: set POOL_TEST_MYSQL_URL or POOL_TEST_MYSQLD, start Docker, or install MySQL or MariaDB';

/** Whether `findProgram` will find or install one. */
export function hasProgram(): boolean {
  return installed() !== undefined || canInstall();
}

/**
 * POOL_TEST_MYSQLD, else what is on this machine, else Debian's mariadbd, which it installs.
 *
 * The packages are the server without the service around it: installing them starts nothing.
 */
export async function findProgram(): Promise<MysqlProgram> {
  const path = installed();
  if (path !== undefined) return identify(path);
  if (!canInstall()) throw new Error(NO_PROGRAM);
  await ensureInstalled(DEBIAN.last, DEBIAN.packages);
  return identify(DEBIAN.program);
}

/** Makes the data directory of a server that lets root in without a password. */
export async function initialise(program: MysqlProgram, data: string): Promise<void> {
  // A starting server deletes what looks like temporary tables of its own: in a folder shared with others, also theirs.
  const common = ['--no-defaults', `--datadir=${data}`, `--tmpdir=${dirname(data)}`, ...asUser()];
  if (!program.isMariadb) {
    await exec(program.path, [...common, '--initialize-insecure', '--innodb-flush-method=nosync']);
    return;
  }
  const installer = onThisMachine('mariadb-install-db') ?? join(dirname(program.path), 'mariadb-install-db');
  await exec(installer, [...common, '--auth-root-authentication-method=normal', '--skip-test-db']);
}

/** Both programs refuse to run as root unless told to. */
export function asUser(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

async function identify(path: string): Promise<MysqlProgram> {
  const { stdout } = await exec(path, ['--no-defaults', '--version']);
  return { path, isMariadb: /mariadb/i.test(stdout) };
}

function installed(): string | undefined {
  return process.env['POOL_TEST_MYSQLD'] ?? onThisMachine('mysqld') ?? onThisMachine('mariadbd');
}

function onThisMachine(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
