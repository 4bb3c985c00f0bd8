import { describe, expect, it, vi } from 'vitest';
import { Readiness } from '../src/readiness.ts';
import { statsOf } from './fake-metrics.ts';

const connectFailure = { code: 'ECONNREFUSED', attempts: 3, forMs: 900 };

/** A database that never answers. */
function silence(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

describe('readiness', () => {
  it('asks the database once for all probes within the cache time', async () => {
    let nowMs = 0;
    const ping = vi.fn<() => Promise<void>>(async () => {});
    const readiness = new Readiness({ ping, stats: () => [statsOf()], cacheMs: 1_000, now: () => nowMs });
    await Promise.all([readiness.health(), readiness.health()]);
    nowMs = 999;
    await readiness.health();
    expect(ping).toHaveBeenCalledTimes(1);
    nowMs = 1_000;
    expect(await readiness.health()).toBe('pass');
    expect(ping).toHaveBeenCalledTimes(2);
  });

  it('recovers when the database answers again', async () => {
    let nowMs = 0;
    const ping = vi
      .fn<() => Promise<void>>()
      .mockRejectedValueOnce(new Error('down'))
      .mockResolvedValue(undefined);
    const readiness = new Readiness({ ping, stats: () => [statsOf()], cacheMs: 1_000, now: () => nowMs });
    expect(await readiness.health()).toBe('fail');
    nowMs = 1_000;
    expect(await readiness.health()).toBe('pass');
  });

  it('fails when the answer does not come in time', async () => {
    const readiness = new Readiness({ ping: silence, stats: () => [statsOf()], timeoutMs: 5 });
    expect(await readiness.health()).toBe('fail');
  });

  it.each([
    ['pass', 'connections are left', statsOf({ leased: 3, idle: 1 })],
    ['pass', 'all are lent and nobody waits', statsOf({ leased: 4, idle: 0 })],
    ['warn', 'all are lent and callers wait', statsOf({ leased: 4, idle: 0, waiting: 1 })],
  ])('%s when %s', async (health, _case, stats) => {
    const readiness = new Readiness({ ping: async () => {}, stats: () => [stats] });
    expect(await readiness.health()).toBe(health);
  });

  it('fails when callers wait because the server cannot be reached', async () => {
    const readiness = new Readiness({
      ping: () => Promise.reject(new Error('down')),
      stats: () => [statsOf({ size: 0, idle: 0, waiting: 9, connectFailure })],
    });
    expect(await readiness.health()).toBe('fail');
  });

  it('fails for good once it is draining, without asking', async () => {
    const ping = vi.fn<() => Promise<void>>(async () => {});
    const readiness = new Readiness({ ping, stats: () => [statsOf()] });
    readiness.drain();
    expect(await readiness.health()).toBe('fail');
    expect(ping).not.toHaveBeenCalled();
  });
});
