import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { on, once } from 'node:events';
import { text } from 'node:stream/consumers';

/** How a demo ended. */
export interface DemoEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A demo, started as `npm run demo` starts it. */
export class DemoProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<DemoEnd>;

  /** @param env over that of this process */
  constructor(main: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, ['--conditions=@pool/source', main, ...args], {
      env: {
        ...process.env,
        PORT: undefined,
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        ...env,
      },
    });
    const { child } = this;
    this.ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
      ([[code, signal], stdout, stderr]) => ({ code, signal, stdout, stderr }),
    );
  }

  /** Where it serves, as soon as it says so. */
  async url(): Promise<string> {
    let said = '';
    for await (const [chunk] of on(this.child.stdout, 'data', { close: ['close'] })) {
      said += String(chunk);
      const [url] = /http:\/\/[\d.:]+/.exec(said) ?? [];
      if (url !== undefined) return url;
    }
    throw new Error(`it never said where it serves, but: ${said}${(await this.ended).stderr}`);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
