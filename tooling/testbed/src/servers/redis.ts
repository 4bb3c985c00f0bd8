import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../fault-proxy.ts';
import { ensureInstalled } from './debian.ts';
import { freePort } from './free-port.ts';
import { say } from './say.ts';

const PROGRAM = '/usr/bin/redis-server';

export interface RedisServer {
  readonly address: Address;
  readonly password: string;
  stop(): Promise<void>;
}

/** A Redis of one's own, for the worked adapter of the guide. @throws when there is none and none can be installed */
export async function startRedis(): Promise<RedisServer> {
  await ensureInstalled(PROGRAM, ['redis-server']);
  const folder = mkdtempSync(join(tmpdir(), 'pool-redis-'));
  const port = await freePort();
  const password = 'redis-canary-secret';
  const flags = { port, bind: '127.0.0.1', dir: folder, requirepass: password, save: '', appendonly: 'no' };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // Also when the run ends without stopping it.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  await isReady(child);
  say(`Redis: ${PROGRAM} on port ${port}`);
  return {
    address: { host: '127.0.0.1', port },
    password,
    async stop() {
      process.off('exit', kill);
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function isReady(child: ChildProcess): Promise<void> {
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    if (String(chunk).includes('Ready to accept connections')) break;
  }
  if (child.exitCode !== null) throw new Error(`${PROGRAM} ended with ${child.exitCode}`);
  // What it says later is for nobody, and must not fill the pipe.
  child.stdout!.resume();
}
