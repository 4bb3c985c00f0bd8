import { describe, expect, test } from 'vitest';
import { NestedAcquireError } from '../src/index.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { after, failureOf, watch } from './support/promises.ts';

const detecting = (max: number): TestPool =>
  poolOf({ max, detectNestedAcquire: true, acquireTimeoutMs: 1_000 });

describe('detectNestedAcquire', () => {
  test('A43: a use within a use of the only connection is rejected at once', async () => {
    const { pool, clock } = detecting(1);

    expect(await failureOf(pool.use(() => pool.use(() => {})))).toBeInstanceOf(NestedAcquireError);
    expect(clock.now()).toBe(0);
  });

  test('A43: an acquire within a use of the only connection is rejected at once', async () => {
    const { pool, clock } = detecting(1);

    expect(await failureOf(pool.use(() => pool.acquire()))).toBeInstanceOf(NestedAcquireError);
    expect(clock.now()).toBe(0);
  });

  test('A43: an acquire deep within the work of a use is rejected', async () => {
    const { pool, clock } = detecting(1);
    const outer = watch(
      pool.use(async () => {
        await after(clock, 10);
        await Promise.resolve().then(() => pool.acquire());
      }),
    );
    await clock.advance(10);

    expect(outer.error).toBeInstanceOf(NestedAcquireError);
  });

  test('A43: the error names the label of the outer lease', async () => {
    const { pool } = detecting(1);
    const error = await failureOf(pool.use(() => pool.acquire({ label: 'inner' }), { label: 'billing' }));

    expect((error as Error).message).toContain('"billing"');
  });

  test('A43: the error names the place of the outer use, not one within the pool', async () => {
    const { pool } = detecting(1);
    const error = await failureOf(
      (function placeOfOuter() {
        return pool.use(() => pool.acquire());
      })(),
    );

    expect((error as Error).message).toContain('placeOfOuter');
  });

  test('A43: the outer connection is back in the pool after the rejection', async () => {
    const { pool } = detecting(1);
    await failureOf(pool.use(() => pool.acquire()));

    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, waiting: 0 });
  });

  test('A43: the rejection is an acquire:failed for the reason nested, and counts as refused', async () => {
    const { pool, events } = detecting(1);
    await failureOf(pool.use(() => pool.acquire()));

    expect(events.of('acquire:failed')).toMatchObject([{ reason: 'nested' }]);
    expect(pool.metrics().counters.refused).toBe(1);
  });

  test('A43: three levels within two connections are rejected at the third', async () => {
    const { pool } = detecting(2);
    const levels: number[] = [];
    const error = await failureOf(
      pool.use(async () => {
        levels.push(1);
        await pool.use(async () => {
          levels.push(2);
          await pool.use(() => levels.push(3));
        });
      }),
    );

    expect(error).toBeInstanceOf(NestedAcquireError);
    expect(levels).toEqual([1, 2]);
  });

  test('A44: of two tasks that each hold one of two connections and want a second, the later is rejected', async () => {
    const { pool, clock } = detecting(2);
    const task = async (): Promise<void> => {
      await after(clock, 10);
      await pool.use(() => {});
    };
    const tasks = [watch(pool.use(task)), watch(pool.use(task))];
    await clock.advance(10);

    expect(tasks.map(({ state }) => state)).toEqual(['fulfilled', 'rejected']);
    expect(tasks[1]!.error).toBeInstanceOf(NestedAcquireError);
  });

  test('A44: of ten such tasks on five connections all but the rejected ones are served', async () => {
    const { pool, clock } = detecting(5);
    const task = async (): Promise<void> => {
      await after(clock, 10);
      await pool.use(() => after(clock, 10));
    };
    const tasks = Array.from({ length: 10 }, () => watch(pool.use(task)));
    await clock.advance(900);

    expect(tasks.filter(({ state }) => state === 'pending')).toEqual([]);
    expect(pool.metrics().counters.timedOut).toBe(0);
  });
});

describe('detectNestedAcquire lets pass', () => {
  test('A43: two uses at once within one use, which wait for somebody who does not wait', async () => {
    const { pool, clock } = detecting(2);
    void pool.use(() => after(clock, 10));
    const nested = watch(pool.use(() => Promise.all([pool.use(() => 1), pool.use(() => 2)])));
    await clock.advance(10);

    expect(nested.value).toEqual([1, 2]);
  });

  test('A43: siblings of one caller: they are not nested', async () => {
    const { pool, clock } = detecting(1);
    const siblings = watch(Promise.all([1, 2, 3].map((n) => pool.use(() => after(clock, 1).then(() => n)))));
    await clock.advance(3);

    expect(siblings.value).toEqual([1, 2, 3]);
  });

  test('A43: a nested use for which there is a connection', async () => {
    const { pool } = detecting(2);

    expect(await pool.use(() => pool.use(() => 'done'))).toBe('done');
  });

  test('A43: a nested use that waits for somebody who does not wait', async () => {
    const { pool, clock } = detecting(2);
    void pool.use(() => after(clock, 10));
    const nested = watch(pool.use(() => pool.use(() => 'done')));
    await clock.advance(10);

    expect(nested.value).toBe('done');
  });

  test('A43: a nested use that waits for a lease held outside of any use', async () => {
    const { pool, clock } = detecting(2);
    const lease = await pool.acquire();
    const nested = watch(pool.use(() => pool.use(() => 'done')));
    await clock.advance(10);
    lease.release();
    await clock.settle();

    expect(nested.value).toBe('done');
  });

  test('A43: what the work of a use has started and left behind', async () => {
    const { pool, clock } = detecting(1);
    let background: Promise<unknown> | undefined;
    await pool.use(() => {
      background = after(clock, 10).then(() => pool.use(() => 'done'));
    });
    const busy = await pool.acquire();
    await clock.advance(10);
    busy.release();

    expect(await background).toBe('done');
  });

  test('A43: an acquire within a use whose lease was given back before', async () => {
    const { pool } = detecting(1);

    const inner = pool.use(async (_connection, lease) => {
      lease.release();
      return pool.use(() => 'done');
    });

    expect(await inner).toBe('done');
  });

  test('A43: a use within the use of another pool', async () => {
    const [one, other] = [detecting(1), detecting(1)];

    expect(await one.pool.use(() => other.pool.use(() => 'done'))).toBe('done');
  });

  test('A43: a caller who waits after a nested one has given up', async () => {
    const { pool, clock } = detecting(2);
    const holder = await pool.acquire();
    await clock.settle();
    const first = watch(pool.use(() => pool.acquire({ timeoutMs: 10 }).catch(() => after(clock, 50))));
    await clock.advance(10);
    holder.release();
    await clock.settle();
    const second = watch(pool.use(() => pool.use(() => 'done')));
    await clock.advance(50);

    expect([first.state, second.value]).toEqual(['fulfilled', 'done']);
  });

  test('A43: a caller who waits for somebody else, when a lease has ended whose work still waits', async () => {
    const { pool, clock } = detecting(2);
    // A gives its connection back while its nested use waits, behind a stranger who gets it. B holds the other one.
    const b = pool.use(() => after(clock, 20).then(() => pool.use(() => 'done')));
    const a = pool.use(async (_connection, lease) => {
      await after(clock, 5);
      const nested = pool.use(() => {});
      await after(clock, 5);
      lease.release();
      await nested;
    });
    const stranger = pool.acquire();
    const outcomes = [watch(a), watch(b)];
    await clock.advance(30);
    (await stranger).release();
    await clock.settle();

    expect(outcomes.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
  });
});

test('A43: without detectNestedAcquire a nested use waits for its deadline', async () => {
  const { pool, clock } = poolOf({ max: 1, acquireTimeoutMs: 100 });
  const nested = watch(pool.use(() => pool.use(() => {})));
  await clock.advance(99);
  const before = nested.state;
  await clock.advance(1);

  expect([before, nested.error]).toMatchObject(['pending', { code: 'POOL_ACQUIRE_TIMEOUT' }]);
});
