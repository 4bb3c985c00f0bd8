import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type TransferOrder } from '../src/bank.ts';
import { runDemo } from '../src/demo.ts';
import { type Interruption } from '../src/signals.ts';
import { FakeBank } from './fake-bank.ts';

class LosingBank extends FakeBank {
  override async transfer(order: TransferOrder) {
    const transfer = await super.transfer(order);
    if (transfer.id === '1') this.add(order.to, -1);
    return transfer;
  }
}

class BrokenBank extends FakeBank {
  override user(): Promise<undefined> {
    return Promise.reject(new Error('disk full'));
  }
}

/** Runs the demo on a bank in memory; its own streams and signals instead of those of the process. */
async function run(
  line: string,
  bank: FakeBank = new FakeBank(),
  interruption: Interruption = interruptible(),
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [printed, shown] = [text(stdout), text(stderr)];
  const code = await runDemo(
    { name: 'demo', open: () => bank },
    { argv: line.split(' '), env: {}, stdout, stderr: stderr as unknown as NodeJS.WriteStream, interruption },
  );
  stdout.end();
  stderr.end();
  return { code, bank, stdout: await printed, stderr: await shown };
}

function interruptible(signal: AbortSignal = new AbortController().signal): Interruption {
  return { signal, dispose() {} };
}

// A run takes its second and, on a busy machine, a while to start.
describe('a run', { timeout: 60_000 }, () => {
  it('prints one JSON object and nothing else with --json, and is good when the money is there', async () => {
    const { code, bank, stdout, stderr } = await run('--json --duration 1');
    expect(code).toBe(0);
    expect(stderr).toBe('');
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
    expect(outcome).toMatchObject({ errors: 0, moneyBefore: 500_000_00, moneyAfter: 500_000_00 });
    expect(outcome.requests).toBeGreaterThan(0);
    expect(outcome.p99Ms).toBeGreaterThanOrEqual(outcome.p50Ms);
    expect(bank.isClosed).toBe(true);
  });

  it('shows figures on stderr and the summary on stdout', async () => {
    const { code, stdout, stderr } = await run('--duration 2');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^1 s {2}[\d,]+ requests\/s {2}p50 .* \| pool: 0 leased, /m);
    expect(stdout).toContain('Not a cent was made or lost.');
  });

  it('fails when a cent is lost', async () => {
    const { code, bank, stdout } = await run('--duration 1', new LosingBank());
    expect(code).toBe(1);
    expect(stdout).toContain('500,000.00 before, 499,999.99 after. 0.01 LOST.');
    expect(bank.isClosed).toBe(true);
  });

  it('counts answers that should not be, and tells the first failure', async () => {
    const { code, stdout, stderr } = await run('--json --duration 1', new BrokenBank());
    expect(code).toBe(0);
    expect(JSON.parse(stdout).errors).toBeGreaterThan(0);
    expect(stderr).toMatch(/^demo: \d+ failures, the first: Error: disk full\n$/);
  });

  it('that is interrupted ends early with the summary so far', async () => {
    const controller = new AbortController();
    const bank = new FakeBank();
    const { user } = bank;
    bank.user = (id) => {
      controller.abort('SIGINT');
      return user.call(bank, id);
    };
    const { code, stdout, stderr } = await run('--duration 600', bank, interruptible(controller.signal));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^demo: SIGINT after \d+\.\d s; up to then:$/m);
    expect(stdout).toContain('Not a cent was made or lost.');
    expect(bank.isClosed).toBe(true);
  });

  it('closes the bank when it cannot be seeded', async () => {
    const bank = new FakeBank();
    bank.seed = () => Promise.reject(new Error('disk full'));
    const { code, stderr } = await run('--json', bank);
    expect(code).toBe(1);
    expect(stderr).toContain('disk full');
    expect(bank.isClosed).toBe(true);
  });
});

describe('a wrong command line', () => {
  it('is told, with the usage, and opens nothing', async () => {
    const bank = new FakeBank();
    const { code, stdout, stderr } = await run('--duration soon', bank);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('demo: --duration: expected seconds from 1 to 3600, got "soon"');
    expect(stderr).toContain('--serve');
    expect(bank.isClosed).toBe(false);
  });

  it('--help is none', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--duration <s>');
  });
});

describe('serving', { timeout: 60_000 }, () => {
  it('says where, answers, and ends when told to', async () => {
    const controller = new AbortController();
    const bank = new FakeBank();
    const stdout = new PassThrough({ encoding: 'utf8' });
    const ended = runDemo(
      { name: 'demo', open: () => bank },
      {
        argv: ['--serve', '--port', '0'],
        env: {},
        stdout,
        stderr: new PassThrough().resume() as unknown as NodeJS.WriteStream,
        interruption: interruptible(controller.signal),
      },
    );
    const [said] = (await once(stdout, 'data')) as [string];
    const [url] = /http:\S+/.exec(said) ?? [];
    expect((await fetch(`${url}/users/1`)).status).toBe(200);
    controller.abort('SIGTERM');
    expect(await ended).toBe(0);
    expect(bank.isClosed).toBe(true);
  });

  it('names the port that is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const { code, bank, stderr } = await run(`--serve --port ${port}`);
    blocker.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} is in use`);
    expect(bank.isClosed).toBe(true);
  });
});
