import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Child {
  readonly process: ChildProcess;
  /** All complete lines so far. */
  readonly lines: readonly string[];
  /** Resolves with the next line that starts with this. */
  saying(start: string): Promise<string>;
  tell(line: string): void;
  /** Resolves with the exit code, null when killed. */
  readonly ended: Promise<number | null>;
}

/** Another process, as its sources are; killed after the test if it has not ended by then. */
export function start(script: URL, args: readonly string[], options: SpawnOptions = {}): Child {
  const argv = [
    '--conditions=@pool/source',
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(script),
    ...args,
  ];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'], env: {}, ...options });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    process: child,
    lines,
    ended,
    tell: (line) => void child.stdin!.write(`${line}\n`),
    saying: async (wanted) => {
      for (;;) {
        const said = lines.find((line) => line.startsWith(wanted));
        if (said !== undefined) return said;
        await Promise.race([
          once(reader, 'line'),
          ended.then((code) => Promise.reject(new Error(`child ended: ${code}`))),
        ]);
      }
    },
  };
}
