import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let temporary: string;
let children: ChildProcessWithoutNullStreams[];

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-sqlite-test-'));
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(temporary, { recursive: true });
});

/** Starts the demo as `npm run demo` does; what it leaves behind is found in `temporary`. */
function start(...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=@pool/source', MAIN, ...args], {
    env: {
      ...process.env,
      TMPDIR: temporary,
      PORT: undefined,
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
    },
  });
  children.push(child);
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return {
    child,
    ended: ended.then(([[code, signal], stdout, stderr]) => ({ code, signal, stdout, stderr })),
  };
}

/** The first line that says where the service is. */
async function addressOf({ stdout }: ChildProcessWithoutNullStreams): Promise<string> {
  let said = '';
  for await (const [chunk] of on(stdout, 'data')) {
    said += String(chunk);
    const [url] = /http:\/\/[\d.:]+/.exec(said) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`it never said where it serves, but: ${said}`);
}

describe('the demo as a process', { timeout: 60_000 }, () => {
  it('--json prints one JSON object and nothing else, and every cent is there', async () => {
    const { code, stdout, stderr } = await start('--json', '--duration', '1').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const outcome = JSON.parse(stdout);
    expect(Object.keys(outcome)).toEqual([
      'requests',
      'errors',
      'p50Ms',
      'p99Ms',
      'moneyBefore',
      'moneyAfter',
      'pool',
    ]);
    expect(outcome).toMatchObject({
      errors: 0,
      moneyBefore: 500_000_00,
      moneyAfter: 500_000_00,
      pool: {
        leased: 0,
        waiting: 0,
        timedOut: 0,
        roles: { reader: { leased: 0 }, writer: { max: 1, leased: 0 } },
      },
    });
    expect(outcome.requests).toBeGreaterThan(0);
    expect(outcome.pool.roles.reader.acquired).toBeGreaterThan(0);
    expect(outcome.pool.roles.writer.acquired).toBeGreaterThan(0);
    expect(outcome.p99Ms).toBeGreaterThanOrEqual(outcome.p50Ms);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('--file keeps the database, and the next run finds it', async () => {
    const file = join(temporary, 'kept.db');
    const first = await start('--json', '--duration', '1', '--file', file).ended;
    const second = await start('--json', '--duration', '1', '--file', file).ended;
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(JSON.parse(second.stdout).moneyBefore).toBe(JSON.parse(first.stdout).moneyAfter);
    expect(existsSync(file)).toBe(true);
  });

  it('--serve answers until SIGTERM, then ends with 0 and leaves nothing behind', async () => {
    const { child, ended } = start('--serve', '--port', '0');
    const url = await addressOf(child);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/users/1/profile`)).json()).toMatchObject({
      user: { id: 1 },
      accounts: [{ balanceCents: 500_00 }, { balanceCents: 500_00 }],
    });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({
      code: 0,
      stderr: 'demo-sqlite: SIGTERM, finishing what was begun\n',
    });
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('SIGINT during a run ends it with the summary so far', async () => {
    const { child, ended } = start('--duration', '600');
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^demo-sqlite: SIGINT after \d+\.\d s; up to then:$/m);
    expect(stdout).toContain('Not a cent was made or lost.');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('a second signal ends it at once', async () => {
    const { child, ended } = start('--serve', '--port', '0', '--drain-delay', '300');
    await addressOf(child);
    child.kill('SIGTERM');
    await once(child.stderr, 'data');
    // Two copies of one signal count as one; this is another one.
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 143 });
  });

  it('a wrong flag ends it with 2, and says which', async () => {
    const { code, stdout, stderr } = await start('--duration', 'soon').ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('demo-sqlite: --duration: expected seconds from 1 to 3600, got "soon"');
    expect(stderr).toContain('--file <path>');
  });
});
