import { ScriptedFactory, VirtualClock, type FactoryScript, type ScriptedConnection } from '@pool/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPool, type Pool, type PoolEvents, type PoolOptions } from '../src/index.ts';
import { poolOf } from './support/pool-of.ts';
import { failureOf, watch } from './support/promises.ts';

/** As `poolOf`, and nobody listens. */
function silentPool(
  options: PoolOptions = {},
  script: FactoryScript = {},
): { pool: Pool<ScriptedConnection>; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { pool: createPool(new ScriptedFactory(clock, script), options, { clock }), clock };
}

afterEach(() => vi.restoreAllMocks());

describe('a listener that throws', () => {
  test('P21 A57 B16: leaves the acquire and the pool as they are', async () => {
    const { pool } = poolOf();
    pool.on('lease:acquired', () => {
      throw new Error('listener');
    });
    pool.on('lease:released', () => {
      throw new Error('listener');
    });
    (await pool.acquire()).release();

    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  test('P21: is reported by the error event', async () => {
    const { pool, events } = poolOf();
    const error = new Error('listener');
    pool.on('lease:acquired', () => {
      throw error;
    });
    await pool.acquire();

    expect(events.of('error')).toEqual([{ phase: 'listener', error }]);
  });

  test('P21: does not keep the next listener from hearing', () => {
    const { pool } = poolOf();
    const next = vi.fn();
    pool.on('pool:cleared', () => {
      throw new Error('listener');
    });
    pool.on('pool:cleared', next);
    pool.clear();

    expect(next).toHaveBeenCalledOnce();
  });

  test('P21: of error is counted, and not told about itself for ever', async () => {
    const { pool } = poolOf();
    pool.on('error', () => {
      throw new Error('of error itself');
    });
    const lease = await pool.acquire();
    lease.release();
    lease.release();

    expect(pool.metrics().counters.backgroundErrors).toBe(2);
  });

  test('P21 I25: and rejects instead is reported alike, and no unhandled rejection', async () => {
    const { pool, clock, events } = poolOf();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const error = new Error('async listener');
    pool.on('pool:cleared', async () => Promise.reject(error));
    pool.clear();
    await clock.settle();
    process.off('unhandledRejection', unhandled);

    expect(events.of('error')).toEqual([{ phase: 'listener', error }]);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test.each([
    'lease:acquired',
    'lease:released',
    'connection:created',
    'connection:closed',
    'acquire:failed',
  ] as const)('P21: of %s loses no connection', async (event) => {
    const { pool, clock, factory } = poolOf({ max: 1, acquireTimeoutMs: 10, maxUses: 2 });
    pool.on(event, () => {
      throw new Error('listener');
    });
    const lease = await pool.acquire();
    void watch(pool.acquire());
    await clock.advance(10);
    lease.release();
    (await pool.acquire()).release();
    await pool.close();

    expect([factory.open, factory.calls.create]).toEqual([0, factory.calls.destroy]);
  });
});

describe('a listener that acts on the pool', () => {
  test.each<[string, (pool: Pool<ScriptedConnection>) => unknown]>([
    ['clears it', (pool) => pool.clear()],
    ['clears it with interrupt', (pool) => pool.clear({ interrupt: true })],
    ['closes it', (pool) => pool.close()],
    ['evicts all', (pool) => pool.evict(() => true)],
    ['loses the connection', (pool) => pool.evict((connection) => (connection.lost(), false))],
  ])('P21: at a release, and %s, has the connection closed once, without an error', async (_what, act) => {
    const { pool, clock, factory, events } = poolOf();
    const lease = await pool.acquire();
    pool.on('lease:released', () => void act(pool));
    lease.release();
    await clock.settle();

    expect(factory.connections[0]!.destroyed).toHaveLength(1);
    expect([events.of('error'), pool.stats().size]).toEqual([[], 0]);
  });

  test('P21: at an acquire, and cuts the lease, leaves its caller with a lease that has ended', async () => {
    const { pool, events } = poolOf();
    pool.on('lease:acquired', () => pool.clear({ interrupt: true }));
    const lease = await pool.acquire();

    expect([lease.isEnded, events.of('error')]).toEqual([true, []]);
  });

  test('P9: at a release, and releases once more, commits a misuse, and nothing else', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    pool.on('lease:released', () => lease.release());
    lease.release();

    expect(pool.metrics().counters).toMatchObject({ misused: 1, released: 1 });
    expect(pool.stats().idle).toBe(1);
  });
});

describe('on', () => {
  test('stops listening when its answer is called, once or twice', () => {
    const { pool } = poolOf();
    const [gone, stays] = [vi.fn(), vi.fn()];
    const off = pool.on('pool:cleared', gone);
    pool.on('pool:cleared', stays);
    off();
    off();
    pool.clear();

    expect([gone.mock.calls.length, stays.mock.calls.length]).toEqual([0, 1]);
  });

  test('lets a listener stop while it is called, and skips none of the others', () => {
    const { pool } = poolOf();
    const heard: string[] = [];
    const off = pool.on('pool:cleared', () => {
      heard.push('once');
      off();
    });
    pool.on('pool:cleared', () => heard.push('always'));
    pool.clear();
    pool.clear();

    expect(heard).toEqual(['once', 'always', 'always']);
  });

  test('lets a listener be added while another is called: it hears the next event, not this one', () => {
    const { pool } = poolOf();
    const late = vi.fn();
    const off = pool.on('pool:cleared', () => {
      off();
      pool.on('pool:cleared', late);
    });
    pool.clear();
    const during = late.mock.calls.length;
    pool.clear();

    expect([during, late.mock.calls.length]).toEqual([0, 1]);
  });

  test('counts one function given twice as two listeners, each with its own end', () => {
    const { pool } = poolOf();
    const listener = vi.fn();
    const off = pool.on('pool:cleared', listener);
    pool.on('pool:cleared', listener);
    pool.clear();
    off();
    pool.clear();

    expect(listener).toHaveBeenCalledTimes(3);
  });

  test('calls listeners in the order in which they came', () => {
    const { pool } = poolOf();
    const heard: number[] = [];
    for (const n of [1, 2, 3]) pool.on('pool:cleared', () => heard.push(n));
    pool.clear();

    expect(heard).toEqual([1, 2, 3]);
  });

  test('hears nothing of other events', async () => {
    const { pool } = poolOf();
    const heard: PoolEvents['pool:cleared'][] = [];
    pool.on('pool:cleared', (payload) => heard.push(payload));
    (await pool.acquire()).release();

    expect(heard).toEqual([]);
  });
});

describe('without a listener', () => {
  test('P21: a failure in the background is a warning of the process, once for its phase', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { pool, clock } = silentPool({ name: 'orders' }, { reset: { kind: 'fail' } });
    for (let use = 0; use < 3; use++) {
      (await pool.acquire()).release();
      await clock.settle();
    }

    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^pool "orders": reset/), 'PoolWarning']]);
  });

  test('P21: each failure in the background is counted all the same', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { pool, clock } = silentPool({}, { reset: { kind: 'fail' } });
    for (let use = 0; use < 3; use++) {
      (await pool.acquire()).release();
      await clock.settle();
    }

    expect(pool.metrics().counters.backgroundErrors).toBe(3);
  });

  test('P18: a lease that is overdue is a warning of the process with the place of its acquire, once', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { pool, clock } = silentPool({ leakThresholdMs: 1_000 });
    await (function placeOfAcquire() {
      return Promise.all([pool.acquire(), pool.acquire()]);
    })();
    await clock.advance(5_000);

    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]![0]).toContain('placeOfAcquire');
  });

  test('P21: a failed acquire is the caller’s alone, and no warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { pool } = silentPool();
    await failureOf(pool.acquire({ timeoutMs: 0 }));

    expect(warn).not.toHaveBeenCalled();
  });

  test('P21: with one that has stopped listening to errors, it is a warning again', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { pool } = silentPool();
    pool.on('error', () => {})();
    const lease = await pool.acquire();
    lease.release();
    lease.release();

    expect(warn).toHaveBeenCalledOnce();
  });
});
