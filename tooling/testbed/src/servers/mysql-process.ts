// One server process of our own: an empty data directory, a free port, root without a password.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Guardian, startGuardian } from './guardian.ts';
import { untilItAnswers } from './mysql-client.ts';
import { asUser, findProgram, initialise, type MysqlProgram } from './mysql-program.ts';

/** Options of the server program: `{ 'max-connections': 5 }` becomes `--max-connections=5`. */
export type MysqlSettings = Readonly<Record<string, string | number>>;

// A test server that is lost with its machine may lose its data too.
const FAST: MysqlSettings = {
  'innodb-flush-log-at-trx-commit': 0,
  'innodb-flush-method': 'nosync',
  'innodb-buffer-pool-size': '64M',
  'max-connections': 400,
  // The folder that a packaged server wants to exist does not concern a test.
  'secure-file-priv': '',
};

// What root needs to come in by TCP, on both products.
const INIT_SQL = `create user if not exists root@'127.0.0.1' identified by '';
grant all on *.* to root@'127.0.0.1' with grant option;
create database if not exists test;
`;

interface Parts {
  readonly program: MysqlProgram;
  readonly directory: string;
  readonly guardian: Guardian;
  readonly port: number;
  readonly settings: MysqlSettings;
}

export class MysqlProcess {
  readonly #parts: Parts;
  #child: ChildProcess | undefined = undefined;

  /** Use `MysqlProcess.create`. */
  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts a new, empty server. */
  static async create(settings: MysqlSettings = {}): Promise<MysqlProcess> {
    const program = await findProgram();
    const directory = await mkdtemp(join(tmpdir(), 'pool-mysql-'));
    const guardian = startGuardian(directory, 'TERM');
    try {
      await writeFile(join(directory, 'init.sql'), INIT_SQL);
      await initialise(program, join(directory, 'data'));
      const port = await freePort();
      const server = new MysqlProcess({ program, directory, guardian, port, settings });
      await server.start();
      return server;
    } catch (error) {
      await guardian.finish();
      throw error;
    }
  }

  get port(): number {
    return this.#parts.port;
  }

  get path(): string {
    return this.#parts.program.path;
  }

  /** Of the running process. @throws when there is none */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the server is stopped');
    return pid;
  }

  /** Starts it again, on the same port and data; resolves when it answers. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const { program, guardian, port } = this.#parts;
    const child = spawn(program.path, this.#arguments(), { stdio: 'ignore' });
    await once(child, 'spawn');
    this.#child = child;
    guardian.watch(child.pid);
    child.once('exit', () => {
      this.#child = undefined;
      guardian.watch(undefined);
    });
    await untilItAnswers({ host: '127.0.0.1', port }, () => this.#failIfEnded());
    // It must not keep a process alive that has nothing else to do.
    child.unref();
  }

  /** Stops it in good order, as an administrator does; with `kill`, as a power cut does. */
  async stop({ kill = false }: { kill?: boolean } = {}): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.ref();
    child.kill(kill ? 'SIGKILL' : 'SIGTERM');
    await ended;
  }

  /** Freezes it: connections stay open, nothing is answered. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it for good, with its data. */
  async remove(): Promise<void> {
    await this.stop({ kill: true });
    await this.#parts.guardian.finish();
  }

  async #failIfEnded(): Promise<void> {
    if (this.#child !== undefined) return;
    const { program, directory } = this.#parts;
    const log = await readFile(join(directory, 'server.log'), 'utf8').catch(() => '');
    throw new Error(`${program.path} ended while it started:\n${log.split('\n').slice(-8).join('\n')}`);
  }

  #arguments(): string[] {
    const { program, directory, port } = this.#parts;
    const settings = { ...FAST, ...(program.isMariadb ? {} : { mysqlx: 0 }), ...this.#parts.settings };
    return [
      '--no-defaults',
      ...asUser(),
      `--datadir=${join(directory, 'data')}`,
      `--tmpdir=${directory}`,
      `--socket=${join(directory, 'socket')}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--log-error=${join(directory, 'server.log')}`,
      `--init-file=${join(directory, 'init.sql')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--skip-log-bin',
      ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
    ];
  }
}
