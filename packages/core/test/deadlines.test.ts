import { describe, expect, test, vi } from 'vitest';
import { AcquireTimeoutError } from '../src/index.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { watch, type Watched } from './support/promises.ts';

/** How many callers were told in each turn of the event loop that their time is up. */
function countFailuresPerTurn({ pool, clock }: TestPool): number[] {
  const turns: number[] = [];
  let failures = 0;
  pool.on('acquire:failed', () => failures++);
  const defer = clock.defer.bind(clock);
  vi.spyOn(clock, 'defer').mockImplementation((callback) =>
    defer(() => {
      const before = failures;
      callback();
      if (failures > before) turns.push(failures - before);
    }),
  );
  return turns;
}

/** A pool whose only connection is lent, and this many callers in line. */
async function crowd(
  callers: number,
  timeoutMs: number | ((caller: number) => number) = 1_000,
): Promise<TestPool> {
  const setup = poolOf({ max: 1, maxWaiting: Infinity });
  await setup.pool.acquire({ label: 'holder' });
  for (let caller = 0; caller < callers; caller++) {
    setup.pool
      .acquire({ timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : timeoutMs(caller) })
      .catch(() => {});
  }
  return setup;
}

describe('a stall of the event loop', () => {
  test('P7 A55 B3: fails nobody whose connection was released during it', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    await clock.stall(1_000, () => lease.release());

    expect(waiter.state).toBe('fulfilled');
  });

  test('P7: fails nobody whose connection was opened during it', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 }, { create: { kind: 'slow', ms: 50 } });
    const waiter = watch(pool.acquire());
    await clock.settle();
    await clock.stall(1_000);

    expect(waiter.state).toBe('fulfilled');
  });

  test('P7: closes no connection whose reset was answered during it', async () => {
    const { pool, clock } = poolOf({ max: 1, resetTimeoutMs: 100 }, { reset: { kind: 'slow', ms: 150 } });
    (await pool.acquire()).release();
    await clock.stall(1_000);

    expect(pool.stats().idle).toBe(1);
  });

  test('P7: does not excuse a caller whose answer did not come', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const waiter = watch(pool.acquire());
    await clock.settle();
    await clock.stall(1_000);

    expect(waiter.error).toBeInstanceOf(AcquireTimeoutError);
  });

  test('P7 I9: with one release serves one caller, and fails the others', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    const lease = await pool.acquire();
    const waiters = [1, 2, 3].map(() => watch(pool.acquire()));
    await clock.settle();
    await clock.stall(1_000, () => lease.release());

    expect(waiters.map(({ state }) => state)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  test('P5 I11: is no part of the time of a caller who came after it in the same turn', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    await clock.settle();
    const before = watch(pool.acquire());
    clock.compute(90);
    const after = watch(pool.acquire());

    await clock.advance(99);
    expect(before.error).toBeInstanceOf(AcquireTimeoutError);
    expect(after.state).toBe('pending');
    await clock.advance(1);
    expect(after.error).toBeInstanceOf(AcquireTimeoutError);
  });

  test('P7: that ends with an abort rejects with the reason of the signal', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    const abort = new AbortController();
    const waiter = watch(pool.acquire({ signal: abort.signal }));
    await clock.stall(1_000, () => abort.abort('gone'));

    expect(waiter.error).toBe('gone');
  });

  test('P7: leaves the deadlines of those that came after it as they are', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    await pool.acquire();
    void watch(pool.acquire());
    let late: ReturnType<typeof watch> | undefined;
    await clock.stall(1_000, () => (late = watch(pool.acquire())));
    await clock.advance(99);
    const before = late!.state;
    await clock.advance(1);

    expect([before, late!.state]).toEqual(['pending', 'rejected']);
  });
});

describe('a release at the moment of the deadline', () => {
  test('A3: after the caller has failed keeps the connection in the pool', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    const lease = await pool.acquire();
    const waiter = watch(pool.acquire());
    await clock.advance(100);
    lease.release();

    expect([waiter.state, pool.stats().idle]).toEqual(['rejected', 1]);
  });

  test('A3 I9: by a listener that hears of the failure does not serve a caller whose time is up too', async () => {
    const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
    const lease = await pool.acquire();
    const waiters = [watch(pool.acquire()), watch(pool.acquire())];
    pool.on('acquire:failed', () => void (lease.isEnded || lease.release()));
    await clock.advance(100);

    expect(waiters.map(({ state }) => state)).toEqual(['rejected', 'rejected']);
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  test('A3: by a listener that hears of the failure serves a caller who has time left', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    void watch(pool.acquire({ timeoutMs: 100 }));
    const patient = watch(pool.acquire({ timeoutMs: 200 }));
    pool.on('acquire:failed', () => lease.release());
    await clock.advance(100);

    expect(patient.state).toBe('fulfilled');
  });
});

describe('many deadlines', { timeout: 20_000 }, () => {
  test('P7: 32,000 that pass together are judged in bounded slices, a turn of the loop between them', async () => {
    const setup = await crowd(32_000);
    const turns = countFailuresPerTurn(setup);
    await setup.clock.advance(1_000);

    expect(turns.reduce((sum, failures) => sum + failures, 0)).toBe(32_000);
    expect(Math.max(...turns)).toBe(500);
  });

  test('P7 A60: 100,000 that pass together all end, and leave nothing behind', async () => {
    const { pool, clock } = await crowd(100_000);
    const before = clock.pendingTimers;
    await clock.advance(1_000);

    expect(pool.metrics().counters.timedOut).toBe(100_000);
    expect([pool.stats().waiting, clock.pendingTimers]).toEqual([0, before - 1]);
  });

  test('P7: a release between two slices serves a caller whose turn to be judged has not come', async () => {
    const { pool, clock } = poolOf({ max: 1, maxWaiting: Infinity });
    const lease = await pool.acquire();
    for (let caller = 0; caller < 5_000; caller++) pool.acquire({ timeoutMs: 1_000 }).catch(() => {});
    const off = pool.on('acquire:failed', () => {
      off();
      clock.defer(() => lease.release());
    });
    await clock.advance(1_000);

    expect(pool.metrics().counters).toMatchObject({ acquired: 2, timedOut: 4_999 });
  });

  test('P5: of different lengths pass each at its own time', async () => {
    const { pool, clock } = await crowd(1_000, (caller) => 1 + ((caller * 7) % 1_000));
    const timedOut: number[] = [];
    for (const at of [250, 500, 1_000]) {
      await clock.advance(at - clock.now());
      timedOut.push(pool.metrics().counters.timedOut);
    }

    expect(timedOut).toEqual([250, 500, 1_000]);
  });

  test('P5: shorter than one that runs already is not late', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    void watch(pool.acquire({ timeoutMs: 1_000 }));
    const short = watch(pool.acquire({ timeoutMs: 10 }));
    await clock.advance(10);

    expect(short.state).toBe('rejected');
  });

  test('P5: next to one that never passes pass all the same', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    void watch(pool.acquire({ timeoutMs: Infinity }));
    const finite = watch(pool.acquire({ timeoutMs: 10 }));
    await clock.advance(10);

    expect(finite.state).toBe('rejected');
  });

  test('P25: share one timer', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    const before = clock.pendingTimers;
    for (let caller = 1; caller <= 100; caller++) void watch(pool.acquire({ timeoutMs: caller }));

    expect(clock.pendingTimers).toBe(before + 1);
  });

  test('P6 A60: 20,000 callers that abort in any order leave an empty line and no timer', async () => {
    const { pool, clock } = poolOf({ max: 1, maxWaiting: Infinity });
    await pool.acquire();
    const before = clock.pendingTimers;
    const aborts = Array.from({ length: 20_000 }, (_, caller) => {
      const abort = new AbortController();
      pool.acquire({ signal: abort.signal, timeoutMs: 1 + (caller % 5_000) }).catch(() => {});
      return abort;
    });
    for (let step = 0; step < aborts.length; step++) aborts[(step * 7_919) % aborts.length]!.abort();

    expect([pool.stats().waiting, pool.metrics().counters.aborted]).toEqual([0, 20_000]);
    expect(clock.pendingTimers).toBe(before);
  });
});

describe('a deadline', () => {
  test('P5 B20: is not set anew when the connection in view fails its validation', async () => {
    const { pool, clock } = poolOf(
      { max: 2, acquireTimeoutMs: 100 },
      { validate: { kind: 'fail', afterMs: 60 } },
    );
    const leases = [await pool.acquire(), await pool.acquire()];
    for (const lease of leases) lease.release();
    await clock.advance(1_000);
    pool.on('connection:closed', () => pool.pause());
    const waiter = watch(pool.acquire());
    await clock.advance(99);
    const before = waiter.state;
    await clock.advance(1);

    expect([before, waiter.state]).toEqual(['pending', 'rejected']);
    expect((waiter.error as AcquireTimeoutError).waitedMs).toBe(100);
  });

  test('P3 P5: a caller whose connection failed its validation keeps its place in the line', async () => {
    const { pool, clock } = poolOf(
      { max: 1 },
      { create: { kind: 'slow', ms: 10 }, validate: { kind: 'fail', afterMs: 10 } },
    );
    const warm = pool.acquire();
    await clock.advance(10);
    (await warm).release();
    await clock.advance(1_000);
    const [first, second] = [watch(pool.acquire()), watch(pool.acquire())];
    await clock.advance(20);

    expect([first.state, second.state]).toEqual(['fulfilled', 'pending']);
  });
});

describe('a long turn', () => {
  test('P7 P5: does not put off those that came before it, though their time ends with that of others', async () => {
    const setup = poolOf({ max: 1 });
    await setup.pool.acquire();
    const before = watch(setup.pool.acquire({ timeoutMs: 100 }));
    await setup.clock.advance(10);
    void watch(setup.pool.acquire({ timeoutMs: 500 }));
    const within = watch(setup.pool.acquire({ timeoutMs: 90 }));
    setup.clock.compute(50);
    await setup.clock.advance(40);

    expect([before.state, within.state]).toEqual(['rejected', 'pending']);
  });

  test('P7 I11: in which the time of others is judged does not count for those that came at its end', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    await pool.acquire();
    void watch(pool.acquire({ timeoutMs: 100 }));
    await clock.settle();
    const callers: Watched<unknown>[] = [];
    await clock.stall(100, () => {
      callers.push(watch(pool.acquire({ timeoutMs: 10 })));
      clock.compute(50);
      callers.push(watch(pool.acquire({ timeoutMs: 10 })));
    });

    expect(callers.map(({ state }) => state)).toEqual(['rejected', 'pending']);
  });
});

test('P25: 200 callers of one turn read the clock a few times, and defer its end once', async () => {
  const { pool, clock } = poolOf({ max: 1 });
  await pool.acquire();
  await clock.settle();
  const now = vi.spyOn(clock, 'now');
  const defer = vi.spyOn(clock, 'defer');
  for (let caller = 0; caller < 200; caller++) void watch(pool.acquire());

  expect(now.mock.calls.length).toBeLessThan(20);
  expect(defer).toHaveBeenCalledOnce();
});

test('P5: whose millisecond was somebody else’s before, who left, passes in time', async () => {
  const { pool, clock } = poolOf({ max: 1 });
  await pool.acquire();
  const abort = new AbortController();
  void watch(pool.acquire({ timeoutMs: 100 }));
  void watch(pool.acquire({ timeoutMs: 2_000 }));
  void watch(pool.acquire({ timeoutMs: 1_000, signal: abort.signal }));
  abort.abort();
  await clock.advance(100);
  const late = watch(pool.acquire({ timeoutMs: 900 }));
  await clock.advance(900);

  expect(late.state).toBe('rejected');
});

test('P5: in a crowd that comes in one turn, the clock is read anew after every 64', async () => {
  const { pool, clock } = poolOf({ max: 1 });
  await pool.acquire();
  await clock.settle();
  for (let caller = 0; caller < 64; caller++) void watch(pool.acquire({ timeoutMs: 10_000 }));
  clock.compute(50);
  const next = watch(pool.acquire({ timeoutMs: 100 }));
  clock.compute(50);
  await clock.advance(50);

  expect(next.state).toBe('rejected');
});
