import { describe, expect, test } from 'vitest';
import type { AcquireTimeoutError, Diagnosis, QueueFullError } from '../src/index.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { after, failureOf, watch } from './support/promises.ts';

/** Waits in vain, and answers with what the pool makes of it. */
async function diagnosisOf({ pool, clock }: TestPool, timeoutMs = 50): Promise<Diagnosis> {
  const error = failureOf(pool.acquire({ timeoutMs }));
  await clock.advance(timeoutMs);
  return ((await error) as AcquireTimeoutError).diagnosis;
}

/** Uses of so many milliseconds each, one after the other. */
async function usual({ pool, clock }: TestPool, uses: number, ms: number): Promise<void> {
  for (let use = 0; use < uses; use++) {
    const done = pool.use(() => after(clock, ms));
    await clock.advance(ms);
    await done;
  }
}

describe('a diagnosis', () => {
  test('P5: of failing connects is unreachable, with since when, how often and the code', async () => {
    const error = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    const setup = poolOf({}, { create: { kind: 'fail', error } });
    const diagnosis = await diagnosisOf(setup, 5_000);

    expect(diagnosis.kind).toBe('unreachable');
    expect(diagnosis.message).toMatch(
      /cannot be reached for 5\.0 s \(\d+ failed attempts, last: ECONNREFUSED\)/,
    );
  });

  test('P5: of connects that never settle is unreachable', async () => {
    const setup = poolOf({ createTimeoutMs: 100 }, { create: { kind: 'never' } });

    expect((await diagnosisOf(setup, 5_000)).kind).toBe('unreachable');
  });

  test('P5: of failing connects is not unreachable when all of max are lent', async () => {
    const setup = poolOf({ max: 2 });
    await setup.pool.acquire();
    setup.factory.script.create = { kind: 'fail' };
    void watch(setup.pool.acquire({ timeoutMs: 10 }));
    await setup.clock.advance(10);
    setup.pool.resize({ max: 1 });

    expect(setup.pool.stats().connectFailure).toBeDefined();
    expect((await diagnosisOf(setup)).kind).not.toBe('unreachable');
  });

  test('P5 P18: of a lease older than leakThresholdMs is leak-suspected, with its label and its age', async () => {
    const setup = poolOf({ max: 1, leakThresholdMs: 1_000 });
    await setup.pool.acquire({ label: 'report' });
    await setup.clock.advance(1_000);
    const diagnosis = await diagnosisOf(setup, 200);

    expect(diagnosis.kind).toBe('leak-suspected');
    expect(diagnosis.message).toMatch(/1\.2 s by "report"/);
  });

  test('P5: of a lease held much longer than is usual is held-too-long, with its label and its age', async () => {
    const setup = poolOf({ max: 1 });
    await usual(setup, 10, 2);
    await setup.pool.acquire({ label: 'report' });
    await setup.clock.advance(900);
    const diagnosis = await diagnosisOf(setup, 50);

    expect(diagnosis.kind).toBe('held-too-long');
    expect(diagnosis.message).toMatch(/950 ms by "report"/);
  });

  test('P5: names the place of the acquire of the lease held longest', async () => {
    const setup = poolOf({ max: 1 });
    await (function placeOfAcquire() {
      return setup.pool.acquire();
    })();

    expect((await diagnosisOf(setup)).message).toContain('placeOfAcquire');
  });

  test('P5: names the place of the use of the lease held longest, not one within the pool', async () => {
    const setup = poolOf({ max: 1 });
    void (function placeOfUse() {
      return setup.pool.use(() => new Promise(() => {}));
    })();
    await setup.clock.settle();

    expect((await diagnosisOf(setup)).message).toContain('placeOfUse');
  });

  test('P5: of a lease whose place was not sampled advises labels', async () => {
    const setup = poolOf({ max: 60, maxConnecting: 60 });
    const leases = await Promise.all(Array.from({ length: 60 }, () => setup.pool.acquire()));
    for (const lease of leases.slice(0, 59)) lease.destroy();
    setup.pool.resize({ max: 1 });

    expect((await diagnosisOf(setup)).message).toContain('label your acquires');
  });

  test('P5: of plain load is overload', async () => {
    const setup = poolOf({ max: 1 });
    await usual(setup, 10, 40);
    for (let caller = 0; caller < 20; caller++) void watch(setup.pool.use(() => after(setup.clock, 40)));

    expect((await diagnosisOf(setup)).kind).toBe('overload');
  });

  test('P5: of plain load says how many connections the load needs', async () => {
    const setup = poolOf({ max: 1 });
    const { pool, clock } = setup;
    // 50 callers a second of 50 ms each keep 2.5 connections busy.
    for (let caller = 0; caller < 100; caller++) {
      void watch(pool.use(() => after(clock, 50)));
      await clock.advance(20);
    }
    const { message } = await diagnosisOf(setup, 1);

    expect(message).toMatch(/needs 3 connections, max is 1/);
  });

  test('P5: is part of the message of the error', async () => {
    const { pool, clock } = poolOf({ max: 1, leakThresholdMs: 1_000 });
    await pool.acquire({ label: 'report' });
    await clock.advance(1_000);
    const waiter = watch(pool.acquire({ timeoutMs: 10 }));
    await clock.advance(10);

    const { message, diagnosis } = waiter.error as AcquireTimeoutError;
    expect(message).toContain(diagnosis.message);
  });

  test('P5 P8: comes with a full queue too', async () => {
    const { pool, clock } = poolOf({ max: 1, maxWaiting: 0, leakThresholdMs: 1_000 });
    pool.tryAcquire();
    await clock.settle();
    pool.tryAcquire({ label: 'report' });
    await clock.advance(1_000);

    expect(((await failureOf(pool.acquire())) as QueueFullError).diagnosis.kind).toBe('leak-suspected');
  });
});
