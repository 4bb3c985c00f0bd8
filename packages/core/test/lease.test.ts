import { describe, expect, test } from 'vitest';
import { LeaseEndedError } from '../src/index.ts';
import { poolOf } from './support/pool-of.ts';
import { thrownBy, watch } from './support/promises.ts';

describe('the end of a lease', () => {
  test('P9 B1: a second release does not end the lease of the next borrower', async () => {
    const { pool } = poolOf({ max: 1 });
    const stale = await pool.acquire();
    stale.release();
    const next = await pool.acquire();
    stale.release();

    expect([next.isEnded, pool.stats().leased]).toEqual([false, 1]);
  });

  test('P9 B1 I4: a second release does not lend the connection to two borrowers', async () => {
    const { pool } = poolOf({ max: 2 });
    const stale = await pool.acquire();
    stale.release();
    const first = await pool.acquire();
    stale.release();
    const second = await pool.acquire();

    expect(first.connection).not.toBe(second.connection);
  });

  test('P9 A39: a second release does not list the connection as idle twice', async () => {
    const { pool } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    lease.release();
    lease.release();

    expect(pool.stats()).toMatchObject({ idle: 1, size: 1 });
  });

  test('P9: a destroy after the release does not close the connection of the next borrower', async () => {
    const { pool, factory } = poolOf({ max: 1 });
    const stale = await pool.acquire();
    stale.release();
    const next = await pool.acquire();
    stale.destroy();

    expect([next.isEnded, factory.calls.destroy]).toEqual([false, 0]);
  });

  test('P9: a release after the destroy does not bring the connection back', async () => {
    const { pool } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    lease.destroy();
    lease.release();

    expect(pool.stats()).toMatchObject({ idle: 0, size: 0 });
  });

  test('P9: each acquire of one connection gives a lease of its own, with its own id', async () => {
    const { pool } = poolOf({ max: 1 });
    const first = await pool.acquire();
    first.release();
    const second = await pool.acquire();

    expect(second).not.toBe(first);
    expect(second.id).not.toBe(first.id);
  });

  test('P9 A51: a release after the pool has closed does nothing', async () => {
    const { pool, clock, factory } = poolOf({ closeGraceMs: 0 });
    const lease = await pool.acquire();
    await Promise.all([pool.close(), clock.advance(0)]);
    lease.release();

    expect(factory.calls.destroy).toBe(1);
  });
});

describe('a misuse of a lease', () => {
  test('P9: is counted each time', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    lease.release();
    lease.release();
    lease.release();
    lease.destroy();

    expect(pool.metrics().counters.misused).toBe(3);
  });

  test('P9: is reported once for a lease', async () => {
    const { pool, events } = poolOf();
    const lease = await pool.acquire();
    lease.release();
    lease.release();
    lease.release();

    expect(events.of('error')).toEqual([{ phase: 'lease', error: expect.any(LeaseEndedError) }]);
  });

  test('P9: is reported for each lease', async () => {
    const { pool, events } = poolOf();
    for (const lease of [await pool.acquire(), await pool.acquire()]) {
      lease.release();
      lease.release();
    }

    expect(events.of('error').map(({ error }) => (error as LeaseEndedError).leaseId)).toEqual([1, 2]);
  });

  test('P9: is reported with the place of the acquire, that of the first release and that of the second', async () => {
    const { pool, events } = poolOf();
    const lease = await (function placeOfAcquire() {
      return pool.acquire();
    })();
    (function placeOfRelease() {
      lease.release();
    })();
    (function placeOfMisuse() {
      lease.release();
    })();

    const { message, stack } = events.of('error')[0]!.error as Error;
    expect(message).toMatch(/acquired:[^]*placeOfAcquire[^]*ended:[^]*placeOfRelease/);
    expect(stack).toContain('placeOfMisuse');
  });

  test('P9: is no misuse when `await using` ends a lease that was released already', async () => {
    const { pool } = poolOf();
    {
      await using lease = await pool.acquire();
      lease.release();
    }

    expect(pool.metrics().counters.misused).toBe(0);
  });

  test('P9: never throws at who releases or destroys', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    lease.release();

    expect(() => lease.release()).not.toThrow();
    expect(() => lease.destroy(new Error('broken'))).not.toThrow();
  });
});

describe('a lease that has ended', () => {
  test('P9 A40: throws at who uses its connection', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    lease.release();

    expect(() => lease.connection).toThrow(LeaseEndedError);
  });

  test('P9 A40: says where it was released', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    (function placeOfRelease() {
      lease.release();
    })();

    const { message } = thrownBy(() => lease.connection) as Error;
    expect(message).toContain('placeOfRelease');
  });

  test('P9 A40: says where it was released also after a second release', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    (function placeOfRelease() {
      lease.release();
    })();
    lease.release();

    const { message } = thrownBy(() => lease.connection) as Error;
    expect(message).toContain('placeOfRelease');
  });

  test('P9: counts its use, and does not report what its borrower hears anyway', async () => {
    const { pool, events } = poolOf();
    const lease = await pool.acquire();
    lease.release();
    thrownBy(() => lease.connection);

    expect([pool.metrics().counters.misused, events.of('error')]).toEqual([1, []]);
  });

  test('P9: never shows the connection of the next borrower', async () => {
    const { pool } = poolOf({ max: 1 });
    const stale = await pool.acquire();
    stale.release();
    await pool.acquire();

    expect(() => stale.connection).toThrow(LeaseEndedError);
  });

  test('has neither age nor uses', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const stale = await pool.acquire();
    stale.release();
    await pool.acquire();
    await clock.advance(10);

    expect([stale.isEnded, stale.age, stale.uses]).toEqual([true, 0, 0]);
  });
});

describe('a lease', () => {
  test('knows its age and how often its connection was lent', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    (await pool.acquire()).release();
    const lease = await pool.acquire();
    await clock.advance(70);

    expect([lease.age, lease.uses, lease.isEnded]).toEqual([70, 2, false]);
  });

  test('is given back at the end of its `await using` block', async () => {
    const { pool } = poolOf();
    {
      await using lease = await pool.acquire();
      expect(lease.isEnded).toBe(false);
    }

    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  test('is given back at the end of its `await using` block also when that throws', async () => {
    const { pool } = poolOf();
    const work = async (): Promise<void> => {
      await using lease = await pool.acquire();
      throw new Error(`the work with lease ${lease.id} failed`);
    };

    await expect(work()).rejects.toThrow('the work with lease 1 failed');
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });
});

describe('destroy', () => {
  test('P9: closes the connection as invalid, with the cause of its borrower', async () => {
    const { pool, factory, events } = poolOf();
    const cause = new Error('protocol error');
    const lease = await pool.acquire();
    lease.destroy(cause);

    expect(factory.connections[0]!.destroyed).toEqual(['invalid']);
    expect(events.of('connection:closed')).toMatchObject([{ reason: 'invalid', cause }]);
  });

  test('P4: makes room: who waits gets a new connection', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.destroy();
    await clock.settle();

    expect(waiter.value?.connection.id).toBe(2);
  });

  test('P10: neither resets the connection nor asks whether it is broken', async () => {
    const { pool, factory } = poolOf();
    const lease = await pool.acquire();
    lease.destroy();

    expect(factory.calls).toMatchObject({ reset: 0, destroy: 1 });
  });
});

describe('a lease that the pool has ended', () => {
  test('P9 P17: is no misuse when its borrower releases it', async () => {
    const { pool, events } = poolOf();
    const lease = await pool.acquire();
    pool.clear({ interrupt: true });
    lease.release();

    expect([pool.metrics().counters.misused, events.of('error')]).toEqual([0, []]);
  });

  test('P9: is a misuse when its borrower releases it twice', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    pool.clear({ interrupt: true });
    lease.release();
    lease.release();

    expect(pool.metrics().counters.misused).toBe(1);
  });

  test('P9: is no misuse when its `await using` block ends', async () => {
    const { pool } = poolOf();
    {
      await using lease = await pool.acquire();
      pool.clear({ interrupt: true });
      expect(lease.isEnded).toBe(true);
    }

    expect(pool.metrics().counters.misused).toBe(0);
  });

  test('P9 P17: says at its next use that it was cleared', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    pool.clear({ interrupt: true });

    expect(() => lease.connection).toThrow(/lease 1 is used, but it was ended by clear/);
  });

  test('P11 A21: because the connection was lost says so, with the driver’s error as cause', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    const reset = new Error('ECONNRESET');
    lease.connection.lost(reset);

    const error = thrownBy(() => lease.connection);
    expect(error).toBeInstanceOf(LeaseEndedError);
    expect(error).toMatchObject({ leaseId: 1, cause: reset, message: expect.stringContaining('lost') });
  });

  test('P11: because the connection was lost frees its place at once', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    lease.connection.lost();
    await clock.settle();

    expect(waiter.value?.connection.id).toBe(2);
  });
});
