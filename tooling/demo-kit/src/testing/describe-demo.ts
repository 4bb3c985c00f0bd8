import { afterEach, describe, expect, it } from 'vitest';
import { DemoProcess } from './demo-process.ts';
import { throughOutage } from './outage.ts';

/** A demo whose database is a server. */
export interface ServerDemo {
  readonly name: string;
  /** The path of its main.ts. */
  readonly main: string;
  /** Whether the pool's connections are the server's. MongoDB's are permits; its sockets are the driver's. */
  readonly hasConnections: boolean;
  /** A server of the test's own, which keeps its address and its data over a restart. */
  startServer(): Promise<{ readonly url: string; restart(): Promise<void>; remove(): Promise<void> }>;
}

const USERS = 500;
const MONEY = 500_000_00;
// That a busy machine is slow is no failure here.
const PATIENT = { DATABASE_POOL_ACQUIRE_TIMEOUT: '30s' };

type Start = (args: string[], env?: NodeJS.ProcessEnv) => DemoProcess;

/** What every demo does as a process of its own, and what it does while its database restarts. */
export function describeDemo(demo: ServerDemo): void {
  const { name, main } = demo;
  describe(`${name} as a process`, { timeout: 150_000 }, () => {
    const demos: DemoProcess[] = [];
    const start: Start = (args, env) => {
      const process = new DemoProcess(main, args, env);
      demos.push(process);
      return process;
    };
    afterEach(() => {
      for (const process of demos.splice(0)) process.kill('SIGKILL');
    });

    describeRun(start);
    describeOutage(start, demo);
  });
}

function describeRun(start: Start): void {
  it('without a URL finds a server by itself; --json prints one JSON object, and every cent is there', async () => {
    const { code, stdout } = await start(['--json', '--duration', '1'], {
      ...PATIENT,
      DATABASE_URL: undefined,
    }).ended;
    expect(code).toBe(0);
    const outcome = JSON.parse(stdout) as Record<string, number>;
    expect(Object.keys(outcome)).toEqual(JSON_KEYS);
    expect(outcome).toMatchObject({
      errors: 0,
      moneyBefore: MONEY,
      moneyAfter: MONEY,
      pool: { leased: 0, waiting: 0, timedOut: 0 },
    });
    expect(outcome['requests']).toBeGreaterThan(0);
  });

  it('a wrong configuration ends it with 1, and one line each says what to write instead', async () => {
    const env = { DATABASE_URL: 'redis://db.example', DATABASE_POOL_MAXX: '5' };
    const { code, stdout, stderr } = await start(['--json'], env).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('DATABASE_POOL_MAXX: expected an option that exists; write DATABASE_POOL_MAX\n');
    expect(stderr).toContain('DATABASE_URL: expected a URL that begins with');
    expect(stderr).not.toContain('redis');
  });
}

function describeOutage(start: Start, { startServer, hasConnections }: ServerDemo): void {
  it('F4: its database restarts under load: no cent is lost, and the same process serves on', async () => {
    const server = await startServer();
    try {
      const demo = start(['--serve', '--port', '0'], { ...PATIENT, DATABASE_URL: server.url });
      const url = await demo.url();
      const figures = await throughOutage({ url, users: USERS, outage: () => server.restart() });
      expect(figures).toMatchObject({
        moneyBefore: MONEY,
        moneyAfter: MONEY,
        failed: { before: 0 },
      });
      const { pool } = (await (await fetch(`${url}/stats`)).json()) as { pool: PoolFigures };
      expect(pool.gauges).toMatchObject({ leased: 0, waiting: 0 });
      expect(pool.counters.closed.lost > 0).toBe(hasConnections);
      demo.kill('SIGTERM');
      expect(await demo.ended).toMatchObject({ code: 0 });
    } finally {
      await server.remove();
    }
  });
}

const JSON_KEYS = ['requests', 'errors', 'p50Ms', 'p99Ms', 'moneyBefore', 'moneyAfter', 'pool'];

interface PoolFigures {
  readonly gauges: { readonly leased: number; readonly waiting: number };
  readonly counters: { readonly closed: { readonly lost: number } };
}
