import { VirtualClock } from '@pool/testing';
import { expect, test } from 'vitest';
import { CloseTimeoutError, createPool } from '../src/index.ts';
import { lend } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';
import { thrownBy, watch } from './support/promises.ts';

test('P19: a close says how long it waited', async () => {
  const setup = poolOf();
  const [lease] = await lend(setup);
  await setup.clock.advance(5_000);
  void watch(setup.pool.close());
  await setup.clock.advance(300);
  lease!.release();
  await setup.clock.settle();

  expect(setup.events.of('pool:closed')).toEqual([{ waitedMs: 300 }]);
});

test('P19: a close that cuts leases says how many: not those that came back before', async () => {
  const setup = poolOf({ closeGraceMs: 100 });
  const [first] = await lend(setup, 3);
  first!.release();
  void watch(setup.pool.close());
  await setup.clock.advance(100);

  const reported = setup.events.of('error').find(({ phase }) => phase === 'close');
  expect(reported?.error).toBeInstanceOf(CloseTimeoutError);
  expect(reported?.error).toMatchObject({ leasesOutstanding: 2 });
});

test('P13 P19: a create that is under way is told why it is to stop', async () => {
  const { pool, clock, factory } = poolOf({}, { create: { kind: 'never' } });
  let signal: AbortSignal | undefined;
  const create = factory.create.bind(factory);
  factory.create = (context) => {
    ({ signal } = context);
    return create(context);
  };
  void watch(pool.acquire());
  void watch(pool.close());
  await clock.settle();

  expect((signal!.reason as Error).message).toBe('the pool is closed');
});

test('P19: a close that waits for connections only, and not for leases, reports no lease', async () => {
  const setup = poolOf(
    { closeGraceMs: 100, destroyTimeoutMs: 5_000 },
    { destroy: { kind: 'slow', ms: 1_000 } },
  );
  const [lease] = await lend(setup);
  lease!.release();
  void watch(setup.pool.close());
  await setup.clock.advance(1_000);

  expect(setup.events.of('error')).toEqual([]);
});

test('P19: a lease that the close has cut says so', async () => {
  const setup = poolOf({ closeGraceMs: 100 });
  const [lease] = await lend(setup);
  void watch(setup.pool.close());
  await setup.clock.advance(100);

  expect((thrownBy(() => lease!.connection) as Error).message).toContain('the pool is closed');
});

test.each([
  ['ends well', () => {}, []],
  ['takes too long', () => new Promise<void>(() => {}), ['the factory took longer than 2000 ms']],
])(
  'P19: a close of what is shared that %s is reported only if it is a failure',
  async (_how, close, messages) => {
    const clock = new VirtualClock();
    const pool = createPool({ create: () => Promise.resolve({}), destroy() {}, close }, {}, { clock });
    const reported: unknown[] = [];
    pool.on('error', ({ error }) => reported.push((error as Error).message));
    void watch(pool.close());
    await clock.advance(5_000);

    expect(reported).toEqual(messages);
  },
);

test('P17: evict() asks about open connections only', async () => {
  const { pool } = poolOf({}, { create: { kind: 'never' } });
  void watch(pool.acquire());

  expect(pool.evict(() => true)).toBe(0);
});

test('P17: evict() tells the age of a connection, and for how long it is idle', async () => {
  const setup = poolOf();
  await setup.clock.advance(5_000);
  const [lease] = await lend(setup);
  await setup.clock.advance(300);
  lease!.release();
  await setup.clock.advance(200);
  const told: unknown[] = [];
  setup.pool.evict((_connection, info) => told.push(info) > 1);

  expect(told).toEqual([{ connectionId: 1, ageMs: 500, idleMs: 200, uses: 1, isLeased: false }]);
});
