import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './debian.ts';
import { freePort } from './free-port.ts';
import { startGuardian } from './guardian.ts';
import { postgresAnswers } from './postgres-answers.ts';
import { type PostgresTarget, targetOf, urlOf } from './postgres-login.ts';
import { unprivileged } from './unprivileged.ts';

const PROGRAM = '/usr/sbin/pgbouncer';

export interface PgBouncerOptions {
  /** The database it stands in front of. */
  to: { url: string };
  mode: 'session' | 'transaction' | 'statement';
  /** More of its settings: `{ default_pool_size: 2, query_wait_timeout: 1 }`. */
  settings?: Record<string, string | number>;
}

/** A PgBouncer of a test's own. `url` goes through it; its console is the database `pgbouncer`. */
export interface PgBouncer extends PostgresTarget {
  readonly pid: number;
  /** What it wrote so far. */
  log(): Promise<string>;
  remove(): Promise<void>;
}

/** Starts PgBouncer from Debian's package, which is installed when it is missing. */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  await ensureInstalled(PROGRAM, ['pgbouncer']);
  const { user, password, database } = targetOf(options.to.url);
  const address = { host: '127.0.0.1', port: await freePort() };
  const folder = await mkdtemp(join(tmpdir(), 'pool-pgbouncer-'));
  await chmod(folder, 0o755);
  const guardian = startGuardian(folder, 'QUIT');
  const child = await spawned(folder, await configured(folder, address.port, options));
  guardian.watch(child.pid);
  child.once('exit', () => guardian.watch(undefined));
  const target = { address, user, password, database };
  const log = (): Promise<string> => readFile(join(folder, 'log'), 'utf8');
  const remove = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGQUIT');
      await gone;
    }
    await guardian.finish();
  };
  await postgresAnswers(target, () => child.exitCode === null).catch(async (error: unknown) => {
    const wrote = await log();
    await remove();
    throw new Error(`PgBouncer did not start: ${wrote}`, { cause: error });
  });
  return { ...target, url: urlOf(target), pid: child.pid!, log, remove };
}

/** @returns the file to start it with */
async function configured(folder: string, port: number, options: PgBouncerOptions): Promise<string> {
  const { address, user, password } = targetOf(options.to.url);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: join(folder, 'users'),
    admin_users: user,
    pool_mode: options.mode,
    ignore_startup_parameters: 'extra_float_digits',
    ...options.settings,
  };
  const file = join(folder, 'pgbouncer.ini');
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const server = `* = host=${address.host} port=${address.port}`;
  await writeFile(settings.auth_file, `"${user}" "${password}"\n`);
  await writeFile(file, ['[databases]', server, '[pgbouncer]', ...lines, ''].join('\n'));
  return file;
}

async function spawned(folder: string, file: string): Promise<ChildProcess> {
  const log = await open(join(folder, 'log'), 'a');
  const child = spawn(PROGRAM, [file], {
    ...(await unprivileged('postgres')),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  await log.close();
  child.unref();
  return child;
}
