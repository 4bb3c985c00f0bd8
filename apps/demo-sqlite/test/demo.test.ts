import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DemoProcess } from '@pool/demo-kit/testing';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let temporary: string;
let demos: DemoProcess[];

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-sqlite-test-'));
  demos = [];
});

afterEach(() => {
  for (const demo of demos) demo.kill('SIGKILL');
  rmSync(temporary, { recursive: true });
});

/** What it leaves behind is found in `temporary`. */
function start(...args: string[]): DemoProcess {
  const demo = new DemoProcess(MAIN, args, {
    TMPDIR: temporary,
    // That a busy machine is slow is no failure here.
    DATABASE_POOL_ACQUIRE_TIMEOUT: '30s',
  });
  demos.push(demo);
  return demo;
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
    const demo = start('--serve', '--port', '0');
    const url = await demo.url();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/users/1/profile`)).json()).toMatchObject({
      user: { id: 1 },
      accounts: [{ balanceCents: 500_00 }, { balanceCents: 500_00 }],
    });
    demo.kill('SIGTERM');
    expect(await demo.ended).toMatchObject({
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
    const demo = start('--serve', '--port', '0', '--drain-delay', '300');
    const { child, ended } = demo;
    await demo.url();
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
