import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MAX_CLIENTS } from '../front/engine.ts';

export const CHROOT = '/usr/sbin/chroot';

/** Inside the tree: PostgreSQL's programs. */
export const PROGRAMS = '/usr/lib/postgresql/18/bin';

const READY = 'ready to accept connections';
const LINES_KEPT = 8;

export interface Postmaster {
  readonly pid: number;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on a cluster of the tree; its socket is in the cluster's directory.
 *
 * It needs no mount, and ends with the process that started it, however that one ends.
 *
 * @param data as the tree sees it
 * @throws {Error} with what it last said, when it ends before it is ready
 */
export async function startPostmaster(tree: string, data: string): Promise<Postmaster> {
  const endsWithParent = ['/usr/bin/setpriv', '--pdeathsig', 'INT'];
  // The extension connects to its own server for what must not be part of the caller's transaction.
  const toItself = ['-c', `documentdb.localhost_connection_string=host=${data}`];
  const room = ['-c', `max_connections=${MAX_CLIENTS + 50}`];
  const server = [`${PROGRAMS}/postgres`, '-D', data, '-k', data, ...toItself, ...room];
  const child = spawn(CHROOT, ['--userspec=postgres:postgres', tree, ...endsWithParent, ...server], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const said: string[] = [];
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (said.length > LINES_KEPT) said.shift();
      if (line.includes(READY)) resolve();
    });
  });
  const failed = ended.then(() => {
    throw new Error(`the document engine did not start: ${said.join('\n')}`);
  });
  await Promise.race([ready, failed]);
  // From here on its end is no failure of the start.
  failed.catch(() => {});
  return {
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}
