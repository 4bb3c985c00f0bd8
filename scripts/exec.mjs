// Child processes: exit codes and signals pass through as if the child had been started directly.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Progress goes to stderr: stdout belongs to the command (`npm run demo -- --json` prints JSON and nothing else). */
export const say = (line) => process.stderr.write(`[pool] ${line}\n`);

export function fail(line) {
  say(line);
  process.exit(1);
}

/** Runs a program with our stdio; resolves with the exit code a shell would report. */
export function exec(command, args, { cwd = root, env = process.env } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
  const restore = forwardSignals(child);
  return settled(child).finally(restore);
}

/** Runs a program quietly; what it printed is shown only when it fails. */
export async function execQuietly(command, args, { cwd = root, env = process.env } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const restore = forwardSignals(child);
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const code = await settled(child).finally(restore);
  if (code !== 0) process.stderr.write(Buffer.concat(output));
  return code;
}

function settled(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function forwardSignals(child) {
  const forward = (signal) => child.kill(signal);
  // At a terminal Ctrl-C reaches the child by itself; a second copy would read as "quit at once".
  const onInterrupt = process.stdin.isTTY ? () => {} : forward;
  process.on('SIGINT', onInterrupt).on('SIGTERM', forward).on('SIGHUP', forward);
  return () => process.off('SIGINT', onInterrupt).off('SIGTERM', forward).off('SIGHUP', forward);
}
