// The only tests in real time: what the pool asks of the process's own clock and timers.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { AcquireTimeoutError, createPool, type Pool, type PoolOptions, withRetries } from '../src/index.ts';
import { failureOf, watch } from './support/promises.ts';

const realPool = (options: PoolOptions = {}): Pool<object> =>
  createPool({ create: async () => ({}), destroy: () => {} }, options);

/** Timers that keep the process alive. */
const keepAliveTimers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

/** Blocks the event loop. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('the time within one turn of the event loop', () => {
  test('P25: is read once: a lease does not age while the turn runs', async () => {
    const lease = await realPool().acquire();
    const before = lease.age;
    block(3);

    expect(lease.age).toBe(before);
  });

  test('P25: is read anew in the next turn', async () => {
    const lease = await realPool().acquire();
    const before = lease.age;
    block(3);
    await sleep(1);

    expect(lease.age - before).toBeGreaterThanOrEqual(3);
  });

  test('P25: is read once for a hundred acquires and releases', async () => {
    const pool = realPool();
    (await pool.acquire()).release();
    await sleep(1);
    const now = vi.spyOn(performance, 'now');
    for (let use = 0; use < 100; use++) pool.tryAcquire()!.release();
    const readings = now.mock.calls.length;
    now.mockRestore();

    expect(readings).toBeLessThanOrEqual(1);
  });
});

describe('the process', () => {
  test('P20: is not kept alive by an idle pool', async () => {
    const before = keepAliveTimers();
    (await realPool().acquire()).release();

    expect(keepAliveTimers()).toBe(before);
  });

  test('P20 B23: is kept alive by a caller who waits', async () => {
    const pool = realPool({ max: 1 });
    const lease = await pool.acquire();
    const before = keepAliveTimers();
    const waiter = pool.acquire();
    const during = keepAliveTimers();
    lease.release();
    (await waiter).release();

    expect([during - before, keepAliveTimers() - before]).toEqual([1, 0]);
  });

  test('P20 B23: is kept alive by a caller who waits for ever', async () => {
    const pool = realPool({ max: 1 });
    const lease = await pool.acquire();
    const before = keepAliveTimers();
    const waiter = pool.acquire({ timeoutMs: Infinity });
    const during = keepAliveTimers();
    lease.release();
    await waiter;

    expect(during - before).toBe(1);
  });

  test('P19: is not kept alive by a closed pool', async () => {
    const before = keepAliveTimers();
    const pool = realPool({ max: 1 });
    const lease = await pool.acquire();
    void watch(pool.acquire());
    const closed = pool.close();
    lease.release();
    await closed;

    expect(keepAliveTimers()).toBe(before);
  });
});

describe('a timer', () => {
  test.each([2 ** 31, Infinity])(
    'P5: of %d ms, longer than Node can count, is not fired at once by Node',
    async (ms) => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const pool = realPool({ max: 1, idleTimeoutMs: ms, keepaliveIntervalMs: ms, leakThresholdMs: ms });
      const lease = await pool.acquire();
      const waiter = pool.acquire({ timeoutMs: ms });
      lease.release();
      (await waiter).release();

      expect(warn).not.toHaveBeenCalled();
      warn.mockRestore();
    },
  );
});

describe('a deadline', () => {
  test('P5 I11: in real time is not early', async () => {
    const pool = realPool({ max: 1 });
    await pool.acquire();
    const startedAt = performance.now();
    const error = await failureOf(pool.acquire({ timeoutMs: 5.5 }));

    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(5.5);
  });

  test('P7 B3: in real time fails nobody whose connection was released while the loop was blocked', async () => {
    const pool = realPool({ max: 1 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire({ timeoutMs: 5 }));
    await turn();
    block(20);
    await turn();
    lease.release();
    await turn();

    expect(waiter.state).toBe('fulfilled');
  });

  test.each([2 ** 31, 2 ** 40, Number.MAX_VALUE])(
    'P5: of %d ms, longer than a timer of Node can be, does not pass at once',
    async (ms) => {
      const pool = realPool({ max: 1 });
      const lease = await pool.acquire();
      const waiter = watch(pool.acquire({ timeoutMs: ms }));
      await sleep(5);
      const { state } = waiter;
      lease.release();

      expect(state).toBe('pending');
    },
  );

  test.each([2 ** 31, 2 ** 40, Infinity])(
    'P16: of the pool of %d ms closes no idle connection at once',
    async (ms) => {
      const pool = realPool({
        idleTimeoutMs: ms,
        maxLifetimeMs: ms,
        keepaliveIntervalMs: ms,
        leakThresholdMs: ms,
      });
      (await pool.acquire()).release();
      await sleep(5);

      expect(pool.stats().idle).toBe(1);
      await pool.close();
    },
  );
});

test('withRetries pauses in real time', async () => {
  let attempts = 0;
  const attempt = async (): Promise<number> => {
    if (attempts++ === 0) throw new Error('again');
    return attempts;
  };

  expect(await withRetries(attempt, { retries: 1, isRetryable: () => true, baseMs: 2 })).toBe(2);
});

/** A turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
