import { VirtualClock } from '@pool/testing';
import { describe, expect, test } from 'vitest';
import { createPool } from '../src/index.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { watch } from './support/promises.ts';

const failureMessages = ({ events }: TestPool): string[] =>
  events.of('connect:failed').map(({ error }) => (error as Error).message);

describe('a connect that fails', () => {
  test.each([undefined, null])('P12 A17: because create gives %s says so', async (nothing) => {
    const setup = poolOf();
    setup.factory.create = () => Promise.resolve(nothing as never);
    void watch(setup.pool.acquire());
    await setup.clock.settle();

    expect(failureMessages(setup)).toEqual(['create resolved without a connection']);
  });

  test('P13 A15: because it takes too long says so, and for how long it was waited for', async () => {
    const setup = poolOf({ createTimeoutMs: 100 }, { create: { kind: 'never' } });
    void watch(setup.pool.acquire());
    await setup.clock.advance(100);

    expect(failureMessages(setup)).toEqual(['create took longer than 100 ms']);
    expect(setup.pool.stats().connectFailure?.code).toBe('CREATE_TIMEOUT');
  });

  test('P12 A19: because the connection was lost meanwhile, without a cause, says so', async () => {
    const setup = poolOf({}, { create: { kind: 'slow', ms: 10 } });
    const create = setup.factory.create.bind(setup.factory);
    setup.factory.create = (context) => {
      context.lost();
      return create(context);
    };
    void watch(setup.pool.acquire());
    await setup.clock.advance(10);

    expect(failureMessages(setup)).toEqual(['the connection was lost while it was opened']);
  });

  test('P12: because the connection died as soon as it was open, without a cause, says so', async () => {
    const setup = poolOf();
    setup.factory.isBroken = () => true;
    void watch(setup.pool.acquire());
    await setup.clock.settle();

    expect(failureMessages(setup)).toEqual(['the connection was lost right after it was opened']);
  });

  test('P12 P21: of a factory that does not classify it is transient, and nothing else is reported', async () => {
    const clock = new VirtualClock();
    const pool = createPool({ create: () => Promise.reject(new Error('down')), destroy() {} }, {}, { clock });
    const heard: unknown[] = [];
    pool.on('connect:failed', ({ kind }) => heard.push(kind));
    pool.on('error', ({ phase }) => heard.push(phase));
    void watch(pool.acquire());
    await clock.settle();

    expect(heard).toEqual(['transient']);
  });

  test('P12: pauses by how long the outage has lasted, not by how long the pool has', async () => {
    const setup = poolOf({}, { create: { kind: 'fail' } });
    await setup.clock.advance(1_000_000);
    void watch(setup.pool.acquire());
    await setup.clock.advance(100);

    const pauses = setup.events.of('connect:failed').map(({ retryInMs }) => retryInMs);
    expect(pauses.length).toBeGreaterThan(3);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(20);
  });

  test('P1 P13: long after it was given up is counted once', async () => {
    const setup = poolOf(
      { createTimeoutMs: 100, destroyTimeoutMs: 100 },
      { create: { kind: 'late', ms: 1_000, error: new Error('late') } },
    );
    void watch(setup.pool.acquire({ timeoutMs: 50 }));
    await setup.clock.advance(5_000);

    expect(setup.pool.stats()).toMatchObject({ size: 0, creating: 0, closing: 0 });
  });

  test('P1 P13: while it is being given up frees its place', async () => {
    const setup = poolOf(
      { max: 1, createTimeoutMs: 100, destroyTimeoutMs: 10_000 },
      { create: { kind: 'late', ms: 300, error: new Error('late') } },
    );
    void watch(setup.pool.acquire({ timeoutMs: 50 }));
    await setup.clock.advance(299);
    const before = setup.pool.stats().size;
    await setup.clock.advance(1);

    expect([before, setup.pool.stats().size]).toEqual([1, 0]);
    await setup.clock.advance(20_000);
    expect(setup.pool.stats()).toMatchObject({ size: 0, closing: 0 });
  });
});
