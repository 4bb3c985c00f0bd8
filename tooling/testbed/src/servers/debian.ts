// Debian's packages, for machines without Docker: installed by the test command itself, and said so.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { say } from './say.ts';

const exec = promisify(execFile);

// Two test runs may want packages at the same time.
const PATIENCE = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Get::Lock::Timeout=300'];
const QUIET = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 2 ** 20 };

/** Whether this is a Debian machine on which packages can be installed. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs Debian packages unless `program` is there already. @throws what apt-get says */
export async function ensureInstalled(program: string, packages: readonly string[]): Promise<void> {
  if (existsSync(program)) return;
  if (!canInstall()) throw new Error(`${program} is missing; install ${packages.join(', ')}`);
  say(`installing Debian's ${packages.join(', ')} (once)`);
  await exec('apt-get', ['update', '-qq', ...PATIENCE], QUIET);
  await exec('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PATIENCE, ...packages], QUIET);
}
