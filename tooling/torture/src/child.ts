// The child process: runs one program against one pool, writes its verdict, and ends.
// The verdict goes synchronously to a pipe of its own: it keeps nothing alive, and can be written while the process exits.
import { writeSync } from 'node:fs';
import { POOLS } from './pools.ts';
import type { Program, Verdict } from './program.ts';
import { messageOf } from './request.ts';
import { pause } from './time.ts';

const VERDICT_FD = 3;
// For what goes wrong in the background to come up.
const AFTERMATH_MS = 20;

const [url = '', poolName = ''] = process.argv.slice(2);
const adapter = POOLS.find(({ name }) => name === poolName);
if (adapter === undefined) throw new Error(`no pool ${poolName}`);
const { program } = (await import(url)) as { program: Program };

let verdictAtExit: (() => Verdict) | undefined;
let isWritten = false;

function write(verdict: Verdict): void {
  if (isWritten) return;
  isWritten = true;
  writeSync(VERDICT_FD, JSON.stringify(verdict));
}

function conclude(verdict: Verdict): void {
  write(verdict);
  process.exit(0);
}

function failWith(what: string) {
  return (error: unknown): void => {
    if (program.excuses?.(error) === true) return;
    conclude({ finding: 'FAIL', evidence: `${what}, which ends the process: ${messageOf(error)}` });
  };
}

process.on('unhandledRejection', failWith('unhandled rejection'));
process.on('uncaughtException', failWith('uncaught exception'));
process.on('exit', () => {
  if (verdictAtExit !== undefined) write(verdictAtExit());
});

// Not awaited at the top level: the process may end before it settles, and that is to be seen.
void (async () => {
  try {
    const verdict = await program.run(adapter, {
      atExit: (latest) => {
        verdictAtExit = latest;
      },
    });
    await pause(AFTERMATH_MS);
    conclude(verdict);
  } catch (error) {
    conclude({ finding: '?', evidence: `the program could not go on: ${messageOf(error)}` });
  }
})();
