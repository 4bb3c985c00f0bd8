import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { startGuardian, type Guardian } from '../guardian.ts';
import type { MongoNode } from './private-mongo.ts';

export const SET_NAME = 'rs0';

const HOST = '127.0.0.1';
const READY = 'Waiting for connections';

/** One mongod, with an empty data directory and a free port of its own. */
export class MongodProcess implements MongoNode {
  readonly #path: string;
  readonly #directory: string;
  readonly #port: number;
  readonly #guardian: Guardian;
  #child: ChildProcess | undefined;

  private constructor(path: string, directory: string, port: number) {
    this.#path = path;
    this.#directory = directory;
    this.#port = port;
    this.#guardian = startGuardian(directory, 'TERM');
  }

  /** Starts a member, not yet initiated, of a replica set. */
  static async create(path: string): Promise<MongodProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'pool-mongod-'));
    const mongod = new MongodProcess(path, directory, await freePort());
    await mongod.start();
    return mongod;
  }

  get address(): string {
    return `${HOST}:${this.#port}`;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const child = spawn(this.#path, this.#arguments(), { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child, 'spawn');
    this.#child = child;
    this.#guardian.watch(child.pid);
    child.once('exit', () => {
      this.#child = undefined;
      this.#guardian.watch(undefined);
    });
    await untilReady(child);
    child.unref();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.ref();
    child.kill('SIGKILL');
    await ended;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.#guardian.finish();
  }

  #arguments(): string[] {
    const options = {
      replSet: SET_NAME,
      port: this.#port,
      bind_ip: HOST,
      dbpath: this.#directory,
      wiredTigerCacheSizeGB: 0.25,
      oplogSize: 64,
      // Fail points are for tests only, and have to be asked for.
      setParameter: 'enableTestCommands=1',
    };
    return [
      '--nounixsocket',
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ];
  }
}

/** Its log goes on being read: a full pipe would stop the server. */
async function untilReady(child: ChildProcess): Promise<void> {
  const output = child.stdout!.setEncoding('utf8');
  const ready = new Promise<void>((resolve) => {
    output.on('data', (text: string) => {
      if (text.includes(READY)) resolve();
    });
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`mongod ended with ${String(code)} before it was ready`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => {});
  (output as unknown as { unref?: () => void }).unref?.();
}
