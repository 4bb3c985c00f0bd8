import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { defineConfig } from '@pool/config';
import { runDemo } from '@pool/demo-kit';
import { throughOutage } from '@pool/demo-kit/testing';
import { createSqlitePool } from '@pool/sqlite';
import { bankFile } from '../src/bank-file.ts';
import { SqliteBank } from '../src/bank.ts';

const MONEY = 500_000_00;

/** Serves the bank in this process, to have its threads at hand. */
function serve(createWorker: (...args: ConstructorParameters<typeof Worker>) => Worker) {
  const { url, discard } = bankFile(undefined);
  const { bank } = defineConfig({ bank: { driver: 'sqlite', url, pool: { acquireTimeout: '30s' } } });
  const stop = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const ended = runDemo(
    {
      name: 'demo-sqlite',
      open: () => new SqliteBank(createSqlitePool({ ...bank, createWorker }), discard),
    },
    {
      argv: ['--serve', '--port', '0'],
      env: {},
      stdout,
      stderr: stderr as unknown as NodeJS.WriteStream,
      interruption: { signal: stop.signal, dispose() {} },
    },
  );
  const address = once(stdout, 'data').then(([line]) => /http:\/\/[\d.:]+/.exec(String(line))![0]);
  return { address, stop: () => stop.abort('SIGTERM'), ended };
}

it(
  'F4: all threads of the database are killed under load: no cent is lost, and the service goes on',
  { timeout: 150_000 },
  async () => {
    const threads = new Set<Worker>();
    const service = serve((url, options) => {
      const thread = new Worker(url, options);
      threads.add(thread);
      return thread.once('exit', () => threads.delete(thread));
    });
    const url = await service.address;
    const killed: number[] = [];
    const outage = async (): Promise<void> => {
      const all = [...threads];
      await Promise.all(all.map((thread) => thread.terminate()));
      killed.push(all.length);
    };

    const figures = await throughOutage({ url, users: 500, outage });

    expect(killed[0]).toBeGreaterThanOrEqual(2);
    expect(figures).toMatchObject({
      moneyBefore: MONEY,
      moneyAfter: MONEY,
      failed: { before: 0 },
    });
    const stats = (await (await fetch(`${url}/stats`)).json()) as Record<'reader' | 'writer', Figures>;
    expect(stats.writer.counters.closed.lost).toBe(1);
    expect(stats.reader.counters.closed.lost).toBe(killed[0]! - 1);
    service.stop();
    expect(await service.ended).toBe(0);
  },
);

interface Figures {
  readonly counters: { readonly closed: { readonly lost: number } };
}
