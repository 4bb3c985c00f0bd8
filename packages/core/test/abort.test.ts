import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { poolOf } from './support/pool-of.ts';
import { failureOf, watch } from './support/promises.ts';

describe('the signal of an acquire', () => {
  test('P6 A4: that aborts in the queue rejects with its own reason', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    const abort = new AbortController();
    const waiter = watch(pool.acquire({ signal: abort.signal }));
    const reason = { any: 'thing' };
    abort.abort(reason);
    await clock.settle();

    expect(waiter.error).toBe(reason);
  });

  test('P6 A4: that aborts takes its caller out of the line', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    const next = watch(pool.acquire());
    abort.abort();
    lease.release();
    await clock.settle();

    expect(next.state).toBe('fulfilled');
  });

  test.each([0, 1, 2])(
    'P6 A4: that aborts caller %i of 3 leaves the other two in line, in order',
    async (aborted) => {
      const { pool, clock, events } = poolOf({ max: 1 });
      const lease = await pool.acquire();
      const aborts = [0, 1, 2].map((caller) => {
        const abort = new AbortController();
        watch(pool.use(() => {}, { signal: abort.signal, label: String(caller) }));
        return abort;
      });
      aborts[aborted]!.abort();
      lease.release();
      await clock.settle();

      const served = events.of('lease:acquired').map(({ label }) => label);
      expect(served.slice(1)).toEqual(['0', '1', '2'].filter((label) => label !== String(aborted)));
    },
  );

  test('P6 A4: that aborts is left without a listener', async () => {
    const { pool } = poolOf({ max: 1 });
    await pool.acquire();
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    abort.abort();

    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });

  test('P6 I10: of a caller that was served is left without a listener', async () => {
    const { pool } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const { signal } = new AbortController();
    const waiter = pool.acquire({ signal });
    const before = getEventListeners(signal, 'abort').length;
    lease.release();
    await waiter;

    expect([before, getEventListeners(signal, 'abort').length]).toEqual([1, 0]);
  });

  test('P6 I10: of a caller whose time was up is left without a listener', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const { signal } = new AbortController();
    void watch(pool.acquire({ signal }));
    await clock.advance(100);

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('P6 I10: of a caller that close() rejected is left without a listener', async () => {
    const { pool } = poolOf({ max: 1 });
    await pool.acquire();
    const { signal } = new AbortController();
    void watch(pool.acquire({ signal }));
    void pool.close();

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('P6 I10: that aborts the only caller in line leaves no timer', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    const before = clock.pendingTimers;
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    abort.abort();

    expect(clock.pendingTimers).toBe(before);
  });

  test('P6 A5: that aborted before the call rejects with its reason, and connects nothing', async () => {
    const { pool, factory } = poolOf();

    expect(await failureOf(pool.acquire({ signal: AbortSignal.abort('gone') }))).toBe('gone');
    expect(factory.calls.create).toBe(0);
  });

  test('P6 A5: that aborted before the call is respected also when a connection is idle', async () => {
    const { pool } = poolOf();
    (await pool.acquire()).release();

    expect(await failureOf(pool.acquire({ signal: AbortSignal.abort('gone') }))).toBe('gone');
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  test('P22 A5: that aborts is counted as aborted, before the call and while waiting', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    void watch(pool.acquire({ signal: AbortSignal.abort() }));
    abort.abort();
    await clock.settle();

    expect(pool.metrics().counters).toMatchObject({
      attempts: 3,
      acquired: 1,
      aborted: 2,
      refused: 0,
      timedOut: 0,
    });
  });

  test('P6 A6: that aborts during the connect rejects its caller at once', async () => {
    const { pool, clock } = poolOf({}, { create: { kind: 'slow', ms: 100 } });
    const abort = new AbortController();
    const waiter = watch(pool.acquire({ signal: abort.signal }));
    await clock.advance(10);
    abort.abort('gone');
    await clock.settle();

    expect(waiter.error).toBe('gone');
  });

  test('P6 A6 I12: that aborts during the connect leaves it to the next caller', async () => {
    const { pool, clock, factory } = poolOf({ max: 1 }, { create: { kind: 'slow', ms: 100 } });
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    const next = watch(pool.acquire());
    await clock.advance(10);
    abort.abort();
    await clock.advance(90);

    expect([next.state, factory.calls.create]).toEqual(['fulfilled', 1]);
  });

  test('P6 A7: that aborts during the validation leaves the connection idle once that is done', async () => {
    const { pool, clock } = poolOf({ max: 1 }, { validate: { kind: 'slow', ms: 10 } });
    (await pool.acquire()).release();
    await clock.advance(1_000);
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    abort.abort();
    await clock.advance(10);

    expect(pool.stats()).toMatchObject({ idle: 1, size: 1 });
  });

  test('P6 A8: that aborts while another’s connection is being reset leaves it idle once that is done', async () => {
    const { pool, clock } = poolOf({ max: 1 }, { reset: { kind: 'slow', ms: 10 } });
    (await pool.acquire()).release();
    const abort = new AbortController();
    void watch(pool.acquire({ signal: abort.signal }));
    abort.abort();
    await clock.advance(10);

    expect(pool.stats()).toMatchObject({ idle: 1, size: 1 });
  });

  test('P6: that aborts after the lease was given does not touch the lease', async () => {
    const { pool } = poolOf();
    const abort = new AbortController();
    const lease = await pool.acquire({ signal: abort.signal });
    abort.abort();

    expect([lease.isEnded, pool.stats().leased]).toEqual([false, 1]);
  });
});
