import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lease, PoolMetrics } from '../src/index.ts';
import { seededRandom, type ScriptedConnection } from '@pool/testing';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { after, watch } from './support/promises.ts';

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** P22: every number adds up. */
function expectSums({ counters, gauges, waitMs, useMs, createMs }: PoolMetrics): void {
  const { attempts, acquired, released, timedOut, aborted, refused, created } = counters;
  const states =
    gauges.creating + gauges.idle + gauges.checking + gauges.leased + gauges.resetting + gauges.closing;
  expect(states, 'the states add up to size').toBe(gauges.size);
  expect(acquired, 'acquired = released + leased').toBe(released + gauges.leased);
  expect(acquired + timedOut + aborted + refused + gauges.waiting, 'attempts').toBe(attempts);
  expect([waitMs.count, useMs.count, createMs.count], 'histograms').toEqual([acquired, released, created]);
}

type Act = (setup: TestPool, random: () => number) => void;

/** A caller who waits for at most so long, and what its work does besides. */
const useFor = (
  timeoutMs: number,
  work: (connection: ScriptedConnection, lease: Lease<ScriptedConnection>) => void,
): Act => {
  return ({ pool, clock }, random) => {
    const ms = random() * 20;
    void watch(
      pool.use((connection, lease) => after(clock, ms).then(() => work(connection, lease)), { timeoutMs }),
    );
  };
};

/** All that callers and servers may do. */
const ACTS: readonly Act[] = [
  useFor(1_000, () => {}),
  useFor(20, () => {}),
  useFor(1_000, (_connection, lease) => lease.destroy()),
  useFor(1_000, (_connection, lease) => lease.release()),
  useFor(1_000, (connection) => connection.lost()),
  useFor(-1, () => {}),
  ({ pool }) => void watch(pool.acquire({ signal: AbortSignal.abort() })),
  ({ pool, clock }, random) => {
    const abort = new AbortController();
    void watch(pool.use(() => after(clock, 1), { signal: abort.signal }));
    clock.setTimer(() => abort.abort(), random() * 20, false);
  },
  ({ pool }) => pool.tryAcquire()?.release(),
  ({ pool }, random) => pool.clear({ interrupt: random() < 0.5 }),
  ({ pool }, random) => pool.resize({ max: 1 + Math.floor(random() * 4) }),
  ({ pool }, random) => pool.evict(() => random() < 0.5),
  ({ factory }, random) => (factory.script.create = { kind: 'slow', ms: random() * 30 }),
  ({ factory }) => factory.next('create', { kind: 'fail' }),
  ({ factory }) => factory.next('reset', { kind: 'fail', afterMs: 2 }),
  ({ factory }) => factory.next('reset', { kind: 'slow', ms: 3 }),
  ({ factory }) => factory.next('validate', { kind: 'fail' }),
  ({ factory }) => factory.next('destroy', { kind: 'slow', ms: 5 }),
];

/** Does any of it, at random, and looks at the numbers after every step. */
async function muddle(setup: TestPool, seed: number): Promise<void> {
  const random = seededRandom(seed);
  for (let step = 0; step < 80; step++) {
    const act = random() < 0.5 ? ACTS[0]! : ACTS[Math.floor(random() * ACTS.length)]!;
    act(setup, random);
    if (random() < 0.6) await setup.clock.advance(random() * 10);
    expectSums(setup.pool.metrics());
  }
}

describe('the counters', () => {
  test('P22 I24: add up after every step of a muddle of everything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const setup = poolOf({ max: 3, maxWaiting: 4, maxUses: 7 });
        await muddle(setup, seed);
        expect(setup.pool.metrics().counters.attempts).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  test('P22 I24: once everything is over each connection opened is closed, for a reason', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const setup = poolOf({ max: 3, maxWaiting: 4, maxUses: 7, closeGraceMs: 50 });
        await muddle(setup, seed);
        await Promise.all([setup.pool.close(), setup.clock.advance(5_000)]);

        const { counters, gauges } = setup.pool.metrics();
        expect(total(counters.closed)).toBe(counters.created);
        expect(counters.acquired).toBe(counters.released);
        expect([gauges.size, gauges.waiting]).toEqual([0, 0]);
      }),
      { numRuns: 30 },
    );
  });

  test('P22: count an acquire, its release and its connection', async () => {
    const { pool } = poolOf();
    (await pool.acquire()).release();

    expect(pool.metrics().counters).toMatchObject({
      attempts: 1,
      acquired: 1,
      released: 1,
      created: 1,
      createFailed: 0,
    });
  });

  test('P22: count a caller whose time was up as timed out', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 10 }, { create: { kind: 'never' } });
    void watch(pool.acquire());
    await clock.advance(10);

    expect(pool.metrics().counters).toMatchObject({ attempts: 1, timedOut: 1, aborted: 0, refused: 0 });
  });

  test.each<[string, (setup: TestPool) => unknown]>([
    ['a full queue', ({ pool }) => Promise.all([pool.acquire(), pool.acquire()])],
    ['a closed pool', ({ pool }) => pool.close().then(() => pool.acquire())],
    ['a wrong argument', ({ pool }) => pool.acquire({ timeoutMs: 0 })],
  ])('P22: count a caller refused for %s as refused', async (_why, provoke) => {
    const setup = poolOf({ max: 1, maxWaiting: 1 }, { create: { kind: 'never' } });
    void watch(Promise.resolve(provoke(setup)));
    await setup.clock.settle();

    expect(setup.pool.metrics().counters.refused).toBe(1);
  });

  test('P22: count each failed connect', async () => {
    const { pool, clock, factory } = poolOf();
    factory.next('create', { kind: 'fail' }).next('create', { kind: 'throw' });
    void pool.acquire();
    await clock.advance(1_000);

    expect(pool.metrics().counters).toMatchObject({ createFailed: 2, created: 1 });
  });

  test('P22: are a copy, which later events do not change', async () => {
    const { pool } = poolOf();
    const { counters } = pool.metrics();
    (await pool.acquire()).destroy();

    expect([counters.acquired, counters.closed.invalid]).toEqual([0, 0]);
  });

  test.each([
    ['lease:acquired', (setup: TestPool) => setup.pool.tryAcquire()],
    ['lease:released', (setup: TestPool) => setup.pool.tryAcquire()?.release()],
    ['connection:closed', (setup: TestPool) => setup.pool.tryAcquire()?.destroy()],
    ['pool:cleared', (setup: TestPool) => setup.pool.clear()],
  ] as const)('P22 I1: add up for who listens to %s', async (event, provoke) => {
    const setup = poolOf();
    (await setup.pool.acquire()).release();
    let seen: PoolMetrics | undefined;
    setup.pool.on(event, () => (seen = setup.pool.metrics()));
    provoke(setup);

    expect(seen).toBeDefined();
    expectSums(seen!);
  });
});

describe('the histograms', () => {
  test('P22: waitMs tells how long callers waited, 0 on the lucky path', async () => {
    const { pool, clock } = poolOf({ max: 1 });
    const lease = await pool.acquire();
    const waiter = pool.acquire();
    await clock.advance(30);
    lease.release();
    (await waiter).release();
    (await pool.acquire()).release();

    expect(pool.metrics().waitMs).toMatchObject({ count: 3, sum: 30, max: 30 });
  });

  test('P22: useMs tells how long leases were held', async () => {
    const { pool, clock } = poolOf();
    void pool.use(() => after(clock, 40));
    await clock.advance(40);

    expect(pool.metrics().useMs).toMatchObject({ count: 1, sum: 40, max: 40 });
  });

  test('P22: createMs tells how long connects took, of those that succeeded', async () => {
    const { pool, clock, factory } = poolOf({}, { create: { kind: 'slow', ms: 25 } });
    factory.next('create', { kind: 'fail', afterMs: 5 });
    void pool.acquire();
    await clock.advance(1_000);

    expect(pool.metrics().createMs).toMatchObject({ count: 1, sum: 25, max: 25 });
  });
});

describe('stats', () => {
  test('P1: tell the state of each connection', async () => {
    const { pool, clock, factory } = poolOf({ max: 4, maxConnecting: 4 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    factory.next('reset', { kind: 'never' });
    leases[0].release();
    leases[1].release();
    factory.next('destroy', { kind: 'never' });
    factory.script.create = { kind: 'never' };
    leases[2].destroy();
    void pool.acquire();
    void watch(pool.acquire());
    void watch(pool.acquire());
    await clock.settle();

    expect(pool.stats()).toMatchObject({
      size: 4,
      leased: 1,
      resetting: 1,
      closing: 1,
      creating: 1,
      idle: 0,
      waiting: 2,
    });
  });

  test('P18: tell the age of the oldest lease, 0 without one', async () => {
    const { pool, clock } = poolOf();
    const lease = await pool.acquire();
    await clock.advance(10);
    void pool.acquire();
    await clock.advance(10);
    const { oldestLeaseMs } = pool.stats();
    pool.clear({ interrupt: true });
    lease.release();

    expect([oldestLeaseMs, pool.stats().oldestLeaseMs]).toEqual([20, 0]);
  });

  test('P12: tell of the streak of failed connects while it lasts', async () => {
    const { pool, clock, factory } = poolOf({}, { create: { kind: 'fail' } });
    void pool.acquire();
    await clock.advance(50);
    const failing = pool.stats().connectFailure;
    factory.script.create = 'ok';
    await clock.advance(2_000);

    expect(failing).toMatchObject({ attempts: expect.any(Number), forMs: 50 });
    expect(pool.stats().connectFailure).toBeUndefined();
  });

  test('tell the phase of the pool', async () => {
    const { pool } = poolOf();
    const phases = [pool.stats().phase];
    pool.pause();
    phases.push(pool.stats().phase);
    pool.resume();
    const lease = await pool.acquire();
    const closed = pool.close();
    phases.push(pool.stats().phase);
    lease.release();
    await closed;

    expect([...phases, pool.stats().phase]).toEqual(['open', 'paused', 'closing', 'closed']);
  });
});
