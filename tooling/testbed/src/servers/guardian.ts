// Nothing that a test run starts outlives it, however the run ends: Ctrl-C, a crash, SIGKILL.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

// Its standard input is a pipe from whoever started the server; it ends when that process does. Each line is the process to
// end then; an empty line: none. SIGCONT, because a paused process would never get to hear of the signal.
const SCRIPT = `
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -s "$1" "$pid"; kill -s CONT "$pid"
  for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" || break; sleep 0.5; done
  kill -s KILL "$pid"
fi
rm -rf "$2"
`;

export interface Guardian {
  /** The process to end when this one is gone. `undefined`: none at the moment. */
  watch(pid: number | undefined): void;
  /** Removes the folder, after the watched process has been told to end, if there is one. */
  finish(): Promise<void>;
}

/** Ends a server and removes its folder as soon as this process ends, however it ends. */
export function startGuardian(folder: string, signal: 'QUIT' | 'TERM'): Guardian {
  const child = spawn('sh', ['-c', SCRIPT, 'guardian', signal, folder], {
    // A process group of its own: Ctrl-C in a terminal is not for it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(child, 'exit');
  child.unref();
  (child.stdin as Socket).unref();
  return {
    watch: (pid) => void child.stdin.write(`${pid ?? ''}\n`),
    finish: async () => {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}
