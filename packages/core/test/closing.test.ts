import { describe, expect, test, vi } from 'vitest';
import { CloseTimeoutError, PoolClosedError } from '../src/index.ts';
import { failureOf, watch } from './support/promises.ts';
import { lend, rest } from './support/lend.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';

const SLOW = { kind: 'slow', ms: 100 } as const;
const NEVER = { kind: 'never' } as const;
const destroyed = ({ factory }: TestPool): string[][] =>
  factory.connections.map((connection) => [...connection.destroyed]);

describe('close()', () => {
  test('P19 A49: closes what is idle, and resolves in the same turn', async () => {
    const setup = poolOf();
    await rest(setup, 2);
    await setup.pool.close();

    expect([destroyed(setup), setup.pool.stats()]).toMatchObject([
      [['closed'], ['closed']],
      { phase: 'closed', size: 0 },
    ]);
  });

  test('P19: resolves although the pool was never used', async () => {
    const { pool, clock } = poolOf({ min: 2 });
    await pool.close();

    expect([pool.stats().phase, clock.pendingTimers]).toEqual(['closed', 0]);
  });

  test('P19 A49 B4: rejects all that wait at once', async () => {
    const setup = poolOf({ max: 1 });
    await lend(setup);
    const waiters = [watch(setup.pool.acquire()), watch(setup.pool.acquire())];
    void setup.pool.close();
    await setup.clock.settle();

    for (const { error } of waiters) expect(error).toBeInstanceOf(PoolClosedError);
  });

  test('P19: rejects those that wait in a paused pool too', async () => {
    const { pool } = poolOf();
    pool.pause();
    const failure = failureOf(pool.acquire());
    await pool.close();

    expect(await failure).toBeInstanceOf(PoolClosedError);
  });

  test('P19 A49: waits for a lease, and closes its connection when it is released', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(5_000);
    const before = [closed.state, lease!.isEnded];
    lease!.release();
    await setup.clock.settle();

    expect([before, closed.state, destroyed(setup)]).toEqual([['pending', false], 'fulfilled', [['closed']]]);
  });

  test('P19: sends no reset to a connection that it is going to close', async () => {
    const setup = poolOf();
    const [lease] = await lend(setup);
    void setup.pool.close();
    lease!.release();

    expect(setup.factory.calls.reset).toBe(0);
  });

  test('P19 I16: ends the leases that are left after closeGraceMs, and says so', async () => {
    const setup = poolOf({ closeGraceMs: 1_000 });
    const [lease] = await lend(setup, 2);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(999);
    const before = closed.state;
    await setup.clock.advance(1);

    expect([before, closed.state, lease!.isEnded]).toEqual(['pending', 'fulfilled', true]);
    expect(setup.events.of('error')[0]).toMatchObject({ phase: 'close', error: { leasesOutstanding: 2 } });
    expect(setup.events.of('error')[0]!.error).toBeInstanceOf(CloseTimeoutError);
  });

  test('P19: waits for no lease with closeGraceMs 0', async () => {
    const setup = poolOf({ closeGraceMs: 0 });
    await lend(setup);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(0);

    expect([closed.state, destroyed(setup)]).toEqual(['fulfilled', [['closed']]]);
  });

  test('P19: waits for ever for a lease with closeGraceMs Infinity', async () => {
    const setup = poolOf({ closeGraceMs: Infinity });
    const [lease] = await lend(setup);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(3_600_000);
    const before = closed.state;
    lease!.release();
    await setup.clock.settle();

    expect([before, closed.state, setup.clock.pendingTimers]).toEqual(['pending', 'fulfilled', 0]);
  });

  test('P19 A50: stops a connect that is under way, and closes it if it arrives', async () => {
    const setup = poolOf({}, { create: { kind: 'late', ms: 500 } });
    watch(setup.pool.acquire());
    await setup.clock.advance(100);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(500);

    expect([destroyed(setup), closed.state]).toEqual([[['closed']], 'fulfilled']);
  });

  test('P13 P19: is done after destroyTimeoutMs when a connect never settles', async () => {
    const setup = poolOf({ destroyTimeoutMs: 700 }, { create: NEVER });
    watch(setup.pool.acquire());
    await setup.clock.settle();
    const closed = watch(setup.pool.close());
    await setup.clock.advance(700);

    expect([closed.state, setup.clock.pendingTimers]).toEqual(['fulfilled', 0]);
  });

  test('P13 P19: closes what arrives after it was done', async () => {
    const setup = poolOf({ destroyTimeoutMs: 700 }, { create: { kind: 'late', ms: 5_000 } });
    watch(setup.pool.acquire());
    await setup.clock.settle();
    const closed = watch(setup.pool.close());
    await setup.clock.advance(5_000);

    expect([closed.state, destroyed(setup), setup.pool.stats().size]).toEqual(['fulfilled', [['closed']], 0]);
  });

  test('P19 A50: closes a connection that is being validated, without waiting for the answer', async () => {
    const setup = poolOf({}, { validate: NEVER });
    await rest(setup);
    await setup.clock.advance(1_000);
    watch(setup.pool.acquire());
    await setup.pool.close();

    expect([destroyed(setup), setup.clock.pendingTimers]).toEqual([[['closed']], 0]);
  });

  test('P19: lets a reset come to its end, and closes the connection then', async () => {
    const setup = poolOf({}, { reset: SLOW });
    await rest(setup);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(100);

    expect([closed.state, destroyed(setup)]).toEqual(['fulfilled', [['closed']]]);
  });

  test('P19 I16: waits no longer than closeGraceMs for a reset either', async () => {
    const setup = poolOf({ closeGraceMs: 1_000, resetTimeoutMs: Infinity }, { reset: NEVER });
    await rest(setup);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(1_000);

    expect([closed.state, destroyed(setup)]).toEqual(['fulfilled', [['closed']]]);
  });

  test.each([
    ['hangs', NEVER, 300],
    ['rejects', { kind: 'fail' } as const, 0],
    ['throws', { kind: 'throw' } as const, 0],
  ])('P19 P21 A54 B12: is done, and tells of it, when a destroy %s', async (_, destroy, ms) => {
    const setup = poolOf({ destroyTimeoutMs: 300 }, { destroy });
    await rest(setup);
    const closed = watch(setup.pool.close());
    await setup.clock.advance(ms);

    expect([closed.state, setup.events.of('error').map(({ phase }) => phase)]).toEqual([
      'fulfilled',
      ['destroy'],
    ]);
    expect(setup.pool.stats().size).toBe(0);
  });

  test('P19: waits for a close that was under way before it', async () => {
    const setup = poolOf({}, { destroy: SLOW });
    const [lease] = await lend(setup);
    lease!.destroy();
    const closed = watch(setup.pool.close());
    await setup.clock.advance(99);
    const before = closed.state;
    await setup.clock.advance(1);

    expect([before, closed.state]).toEqual(['pending', 'fulfilled']);
  });

  test('P19 A49 I17: is the same promise for everybody who calls it', async () => {
    const setup = poolOf();
    await lend(setup);
    const [first, second] = [setup.pool.close(), setup.pool.close()];
    await setup.clock.advance(20_000);

    expect([first === second, first === setup.pool.close(), setup.events.of('pool:closed').length]).toEqual([
      true,
      true,
      1,
    ]);
  });

  test.each(['acquire:failed', 'connection:closed'] as const)(
    'P19 P21 I17: called once more by a listener of %s is the same promise',
    async (event) => {
      const setup = poolOf({ max: 2 });
      const [busy, idle] = await lend(setup, 2);
      watch(setup.pool.acquire());
      idle!.release();
      watch(setup.pool.acquire());
      const inside: Promise<void>[] = [];
      setup.pool.on(event, () => inside.push(setup.pool.close()));
      const outside = setup.pool.close();
      busy!.release();
      for (const lease of [busy, idle]) if (!lease!.isEnded) lease!.release();
      await setup.clock.advance(10_000);
      await outside;

      expect(new Set([outside, ...inside]).size).toBe(1);
      expect([inside.length > 0, setup.events.of('pool:closed').length, setup.clock.pendingTimers]).toEqual([
        true,
        1,
        0,
      ]);
    },
  );

  test('P19 P21: called by a listener that hears of an arrival closes what arrived, once', async () => {
    const setup = poolOf();
    let closed: Promise<void> | undefined;
    setup.pool.on('connection:created', () => (closed = setup.pool.close()));
    watch(setup.pool.acquire());
    await setup.clock.advance(10_000);
    await closed;

    expect([destroyed(setup), setup.pool.stats()]).toMatchObject([[['closed']], { size: 0, closing: 0 }]);
  });

  test('P19: while the server is down leaves no retry behind', async () => {
    const setup = poolOf({ min: 2 }, { create: { kind: 'fail' } });
    watch(setup.pool.acquire());
    await setup.clock.advance(1_000);
    await setup.pool.close();
    const tried = setup.factory.calls.create;
    await setup.clock.advance(60_000);

    expect([setup.factory.calls.create, setup.clock.pendingTimers]).toEqual([tried, 0]);
  });

  test('P19 P21: leaves no retry behind either of a connection that dies while it closes another', async () => {
    const setup = poolOf({ min: 2 });
    setup.pool.tryAcquire();
    await setup.clock.settle();
    setup.pool.on('connection:closed', () => setup.factory.connections[1]!.lost());
    await setup.pool.close();

    expect([destroyed(setup), setup.clock.pendingTimers]).toEqual([[['closed'], ['lost']], 0]);
  });

  test('P15 P19: does not restore min', async () => {
    const setup = poolOf({ min: 3 });
    await setup.pool.ready();
    await setup.pool.close();
    await setup.clock.advance(60_000);

    expect(setup.factory.calls.create).toBe(3);
  });

  test('P6 P19: leaves no timer, and no listener on a signal of a caller', async () => {
    const setup = poolOf({ max: 1 });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const [lease] = await lend(setup);
    watch(setup.pool.acquire({ signal }));
    void setup.pool.close();
    lease!.release();
    await setup.pool.close();

    expect([added.mock.calls.length, removed.mock.calls.length, setup.clock.pendingTimers]).toEqual([
      1, 1, 0,
    ]);
  });

  test('P19 P20: keeps the process alive until it is done', async () => {
    const setup = poolOf({ closeGraceMs: 100, destroyTimeoutMs: 1_000 }, { destroy: NEVER });
    await lend(setup);
    const closed = watch(setup.pool.close());
    const during = [setup.clock.keepAliveTimers > 0];
    await setup.clock.advance(500);
    during.push(setup.clock.keepAliveTimers > 0);
    await setup.clock.advance(1_000);

    expect([during, closed.state, setup.clock.pendingTimers]).toEqual([[true, true], 'fulfilled', 0]);
  });

  test('P19: happens at the end of the block with await using', async () => {
    const setup = poolOf();
    {
      await using pool = setup.pool;
      (await pool.acquire()).release();
    }

    expect([setup.pool.stats().phase, destroyed(setup)]).toEqual(['closed', [['closed']]]);
  });
});

describe('after close()', () => {
  test('P19 B26 I16: acquire, use and ready reject at once, and tryAcquire finds nothing', async () => {
    const { pool, factory } = poolOf();
    await pool.close();

    for (const call of [() => pool.acquire(), () => pool.use(() => 1), () => pool.ready()]) {
      expect(await failureOf(call())).toBeInstanceOf(PoolClosedError);
    }
    expect([pool.tryAcquire(), factory.calls.create]).toEqual([undefined, 0]);
  });

  test('P19 A51: a lease that was cut may be released, which is no misuse', async () => {
    const setup = poolOf({ closeGraceMs: 0 });
    const [lease] = await lend(setup);
    void setup.pool.close();
    await setup.clock.advance(1);
    lease!.release();

    expect([destroyed(setup), setup.pool.metrics().counters.misused]).toEqual([[['closed']], 0]);
  });

  test('P17 P19: clear, evict, resize, pause and resume do nothing', async () => {
    const setup = poolOf();
    await rest(setup);
    await setup.pool.close();
    setup.pool.clear({ interrupt: true });
    setup.pool.evict(() => true);
    setup.pool.resize({ max: 20, min: 3 });
    setup.pool.pause();
    setup.pool.resume();
    await setup.clock.advance(1_000);

    expect([setup.pool.stats().phase, setup.factory.calls.create, setup.clock.pendingTimers]).toEqual([
      'closed',
      1,
      0,
    ]);
  });
});

describe('slow closes', () => {
  test('P1 B7: count against max: it is never overshot', async () => {
    const setup = poolOf(
      { max: 2, maxUses: 1, acquireTimeoutMs: 60_000 },
      { destroy: { kind: 'slow', ms: 300 } },
    );
    const callers = Array.from({ length: 10 }, () => watch(setup.pool.use(() => 'done')));
    await setup.clock.advance(5_000);

    expect([setup.factory.peakOpen, callers.every(({ value }) => value === 'done')]).toEqual([2, true]);
  });

  test('P1 A54 B3: that never end count for destroyTimeoutMs, and then callers are served', async () => {
    const setup = poolOf({ max: 1, maxUses: 1, destroyTimeoutMs: 500 }, { destroy: NEVER });
    await rest(setup);
    const waiter = watch(setup.pool.acquire());
    await setup.clock.advance(499);
    const before = [waiter.state, setup.pool.stats().closing];
    await setup.clock.advance(1);

    expect([before, waiter.state]).toEqual([['pending', 1], 'fulfilled']);
  });

  test('P21 A54: that fail after destroyTimeoutMs are told of, and change nothing', async () => {
    const setup = poolOf({ maxUses: 1, destroyTimeoutMs: 500 }, { destroy: { kind: 'fail', afterMs: 800 } });
    await rest(setup);
    await setup.clock.advance(1_000);

    expect([setup.events.of('error').length, setup.pool.metrics().counters.closed.uses]).toEqual([2, 1]);
    expect(setup.pool.stats()).toMatchObject({ size: 0, closing: 0 });
  });
});
