import { describe, expect, test } from 'vitest';
import type { AcquireFailure } from '../src/index.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { failureOf, watch } from './support/promises.ts';

describe('the events', () => {
  test('I24 B22: of one connection’s life come in order, and no other ones', async () => {
    const { pool, events } = poolOf();
    (await pool.acquire()).release();
    await pool.close();

    expect(events.names).toEqual([
      'connection:created',
      'lease:acquired',
      'lease:released',
      'connection:closed',
      'pool:closed',
    ]);
  });

  test('B22: at the end of a lifetime are no acquire and no release', async () => {
    const { pool, clock, events } = poolOf({ maxLifetimeMs: 1_000, maxLifetimeJitter: 0 });
    (await pool.acquire()).release();
    await clock.advance(1_000);

    expect(events.names.slice(3)).toEqual(['connection:closed']);
  });

  test('connection:created tells how long the connect took', async () => {
    const { pool, clock, events } = poolOf({}, { create: { kind: 'slow', ms: 30 } });
    void pool.acquire();
    await clock.advance(30);

    expect(events.of('connection:created')).toEqual([{ connectionId: 1, createMs: 30 }]);
  });

  test('connection:closed tells the reason and the age, and no cause when there is none', async () => {
    const { pool, clock, events } = poolOf();
    (await pool.acquire()).release();
    await clock.advance(40);
    pool.evict(() => true);

    expect(events.of('connection:closed')).toEqual([{ connectionId: 1, reason: 'evicted', ageMs: 40 }]);
  });

  test('connection:closed tells the driver’s error behind a loss', async () => {
    const { pool, events } = poolOf();
    const lease = await pool.acquire();
    const { lost } = lease.connection;
    lease.release();
    const cause = new Error('ECONNRESET');
    lost(cause);

    expect(events.of('connection:closed')).toMatchObject([{ reason: 'lost', cause }]);
  });

  test('lease:acquired tells the wait and the label', async () => {
    const { pool, clock, events } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    void pool.acquire({ label: 'report' });
    await clock.advance(25);
    lease.release();

    expect(events.of('lease:acquired')[1]).toEqual({
      leaseId: 2,
      connectionId: 1,
      label: 'report',
      waitMs: 25,
    });
  });

  test('lease:acquired has no label when none was given', async () => {
    const { pool, events } = poolOf();
    await pool.acquire();

    expect(Object.hasOwn(events.of('lease:acquired')[0]!, 'label')).toBe(false);
  });

  test('lease:released tells how long the lease was held, and the label', async () => {
    const { pool, clock, events } = poolOf();
    const lease = await pool.acquire({ label: 'report' });
    await clock.advance(25);
    lease.release();

    expect(events.of('lease:released')).toEqual([
      { leaseId: 1, connectionId: 1, label: 'report', useMs: 25 },
    ]);
  });

  test('lease:released comes also for a lease that was destroyed, and before its connection is closed', async () => {
    const { pool, events } = poolOf();
    (await pool.acquire()).destroy();

    expect(events.names.slice(2)).toEqual(['lease:released', 'connection:closed']);
  });

  test('connect:failed tells the error, its kind, the streak and the pause', async () => {
    const error = new Error('refused');
    const { pool, events, clock } = poolOf({}, { create: { kind: 'fail', error } });
    void watch(pool.acquire());
    await clock.advance(2_000);

    expect(events.of('connect:failed').slice(0, 2)).toEqual([
      { error, kind: 'transient', attempts: 1, retryInMs: expect.any(Number) },
      { error, kind: 'transient', attempts: 2, retryInMs: expect.any(Number) },
    ]);
  });

  test('pool:cleared tells the generation, and whether leases were cut', () => {
    const { pool, events } = poolOf();
    pool.clear();
    pool.clear({ interrupt: true });

    expect(events.of('pool:cleared')).toEqual([
      { generation: 1, interrupt: false },
      { generation: 2, interrupt: true },
    ]);
  });

  test('P19: pool:closed comes once, last, and tells how long closing took', async () => {
    const { pool, clock, events } = poolOf();
    const lease = await pool.acquire();
    const closed = pool.close();
    await clock.advance(60);
    lease.release();
    await Promise.all([closed, pool.close()]);

    expect(events.of('pool:closed')).toEqual([{ waitedMs: 60 }]);
    expect(events.names.at(-1)).toBe('pool:closed');
  });

  test('P18: lease:overdue tells who holds the lease since when, and from where', async () => {
    const { pool, clock, events } = poolOf({ leakThresholdMs: 1_000 });
    await (function placeOfAcquire() {
      return pool.acquire({ label: 'report' });
    })();
    await clock.advance(1_000);

    expect(events.of('lease:overdue')).toEqual([
      {
        leaseId: 1,
        connectionId: 1,
        label: 'report',
        heldMs: 1_000,
        reclaimed: false,
        acquiredAt: expect.any(String),
      },
    ]);
    expect(events.of('lease:overdue')[0]!.acquiredAt).toContain('placeOfAcquire');
  });
});

describe('acquire:failed', () => {
  const provoke: Record<AcquireFailure, (setup: TestPool) => Promise<unknown>> = {
    timeout: ({ pool, clock }) =>
      Promise.all([pool.acquire({ timeoutMs: 10, label: 'x' }), clock.advance(10)]),
    aborted: ({ pool }) => pool.acquire({ signal: AbortSignal.abort(), label: 'x' }),
    'queue-full': ({ pool }) => Promise.all([watch(pool.acquire()), pool.acquire({ label: 'x' })]),
    closed: ({ pool }) => pool.close().then(() => pool.acquire({ label: 'x' })),
    connect: ({ pool, factory }) => {
      factory.script.create = { kind: 'fail' };
      factory.script.classify = 'fatal';
      return pool.acquire({ label: 'x' });
    },
    nested: async ({ pool, factory }) => {
      factory.script.create = 'ok';
      await pool.use(() => pool.acquire({ label: 'x' }));
    },
    invalid: ({ pool }) => pool.acquire({ timeoutMs: 0, label: 'x' }),
  };

  test.each(Object.keys(provoke) as AcquireFailure[])(
    'tells the reason %s, the label and the very error of the caller',
    async (reason) => {
      const options = { max: 1, maxWaiting: 1, detectNestedAcquire: true };
      const setup = poolOf(options, { create: { kind: 'never' } });
      const error = await failureOf(provoke[reason](setup));

      const waitMs = reason === 'timeout' ? 10 : 0;
      expect(setup.events.of('acquire:failed')).toEqual([{ reason, label: 'x', waitMs, error }]);
    },
  );

  test('comes for each caller that close() rejects', async () => {
    const { pool, events } = poolOf({ max: 1 });
    await pool.acquire();
    void watch(pool.acquire());
    void watch(pool.acquire());
    void pool.close();

    expect(events.of('acquire:failed').map(({ reason }) => reason)).toEqual(['closed', 'closed']);
  });
});
