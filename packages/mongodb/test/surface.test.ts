import { once } from 'node:events';
import { createPool } from '@pool/core';
import { MongoClient, MongoServerError, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LeaseEndedError, mongoFactory, OptionError, type MongoPool } from '../src/index.ts';
import { openPool, type TestPool } from './support/pool.ts';
import { failureOf } from './support/until.ts';

let setup: TestPool;
let pool: MongoPool;
beforeAll(async () => {
  setup = await openPool({ pool: { max: 2, name: 'shop' } });
  ({ pool } = setup);
  await pool.use((lease) =>
    lease.collection('numbers').insertMany(Array.from({ length: 25 }, (_, n) => ({ n }))),
  );
});
afterAll(() => setup.end());

const numbers = (batchSize: number) => (lease: Parameters<Parameters<MongoPool['use']>[0]>[0]) =>
  lease.collection('numbers').find({}, { batchSize }).sort({ n: 1 });

describe('use', () => {
  test('gives what the work gives, natively', async () => {
    const inserted = await pool.use((lease) => lease.collection('things').insertOne({ name: 'ada' }));

    expect(inserted).toEqual({ acknowledged: true, insertedId: expect.any(ObjectId) });
  });

  test('takes work that answers without a promise', async () => {
    expect(await pool.use((lease) => lease.uses)).toBeGreaterThan(0);
  });
});

describe('a time that cannot be waited for', () => {
  test.each([-1, 0, NaN, '5s' as never])('rejects, whoever is called: %s', async (timeoutMs) => {
    const calls = [
      pool.use(() => 1, { timeoutMs }),
      pool.acquire({ timeoutMs }),
      pool.run({ ping: 1 }, { timeoutMs }),
      pool.transaction(() => 1, { timeoutMs }),
      pool.cursor((lease) => lease.collection('numbers').find(), { timeoutMs }).next(),
    ];

    for (const call of calls) expect(await failureOf(call)).toMatchObject({ option: 'timeoutMs' });
  });
});

describe('run', () => {
  test('runs a command on the database of the connection string, or on another', async () => {
    expect(await pool.run({ count: 'numbers' })).toMatchObject({ n: 25, ok: 1 });
    expect(await pool.run({ buildInfo: 1 }, { database: 'admin' })).toMatchObject({ ok: 1 });
  });

  test('gives the server’s error as it is', async () => {
    const error = await failureOf(pool.run({ nonsense: 1 }));

    expect(error).toBeInstanceOf(MongoServerError);
    expect(error).toMatchObject({ code: 59, codeName: 'CommandNotFound' });
  });
});

describe('cursor', () => {
  test('P9: gives one by one, holds its lease meanwhile, and no longer', async () => {
    const seen: unknown[] = [];
    for await (const { n } of pool.cursor(numbers(10))) {
      seen.push(n);
      expect(pool.stats().leased).toBe(1);
    }

    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n));
    expect(pool.stats().leased).toBe(0);
  });

  test('P9: left early, closes the cursor, and leaves no report of a leak', async () => {
    const reported: unknown[] = [];
    const stop = pool.on('error', (event) => void reported.push(event));
    const closed = vi.fn();
    const documents = pool.cursor((lease) => numbers(5)(lease).once('close', closed));
    for await (const { n } of documents) if (n === 7) break;
    stop();

    expect([closed.mock.calls.length, pool.stats().leased, reported]).toEqual([1, 0, []]);
  });

  test('an error of the server ends it, and gives the lease back', async () => {
    const broken = pool.cursor((lease) => lease.collection('numbers').aggregate([{ $nonsense: 1 }]));

    expect(await failureOf(broken.next())).toBeInstanceOf(MongoServerError);
    expect(pool.stats().leased).toBe(0);
  });

  test('an opener that throws gives the lease back', async () => {
    const thrown = new Error('no');
    const broken = pool.cursor(() => {
      throw thrown;
    });

    expect(await failureOf(broken.next())).toBe(thrown);
    expect(pool.stats().leased).toBe(0);
  });
});

describe('stream', () => {
  test('is a stream of Node: read to its end, or destroyed, it gives its lease back', async () => {
    const read: unknown[] = [];
    for await (const { n } of pool.stream(numbers(10))) read.push(n);
    expect(read.length).toBe(25);

    const stream = pool.stream(numbers(5));
    await once(stream, 'readable');
    stream.destroy();
    await once(stream, 'close');
    expect(pool.stats().leased).toBe(0);
  });
});

describe('watch', () => {
  test('on a server without change streams gives the server’s error, and the lease back', async () => {
    const changes = pool.watch([], { collection: 'numbers', maxAwaitTimeMS: 50, timeoutMs: 1_000 });
    const error = await failureOf(changes.next());

    // A server that has them is asked for a change that nobody makes.
    expect(['MongoServerError', 'QueryTimeoutError']).toContain((error as Error).name);
    expect(pool.stats().leased).toBe(0);
  });
});

describe('events, stats and names', () => {
  test('are the core’s', async () => {
    const acquired = vi.fn();
    const stop = pool.on('lease:acquired', acquired);
    await pool.use(() => undefined, { label: 'checkout' });
    stop();
    await pool.use(() => undefined);

    expect(acquired.mock.calls).toMatchObject([[{ label: 'checkout' }]]);
    expect(pool.stats()).toMatchObject({ name: 'shop', max: 2, phase: 'open' });
    const { counters } = pool.metrics();
    expect(counters.attempts).toBe(counters.acquired + counters.refused);
  });

  test('a driver’s timeoutMS on an operation is warned of, once', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    for (let n = 0; n < 2; n++)
      await pool.use((lease) => lease.collection('numbers').findOne({}, { timeoutMS: 5 }));
    const ours = warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('"shop"'));
    warn.mockRestore();

    expect(ours).toEqual([expect.stringMatching(/timeoutMS \(of an operation\) does nothing/)]);
  });
});

describe('mongoFactory', () => {
  test('fits a createPool of one’s own: permits with a session for each lease, on a client that stays open', async () => {
    await using client = new MongoClient(setup.database.url);
    const own = createPool(mongoFactory({ client }), { max: 1 });
    const sessions = [];
    for (let n = 0; n < 2; n++) {
      sessions.push(
        await own.use(async ({ client: shared, session }) => {
          await shared.db().collection('numbers').findOne({}, { session });
          return session;
        }),
      );
    }
    await own.close();

    expect(sessions[0]).not.toBe(sessions[1]);
    expect(sessions.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
    expect(await client.db().collection('numbers').countDocuments()).toBe(25);
  });

  test('refuses what is no client', () => {
    expect(() => mongoFactory({ client: {} as MongoClient })).toThrow(OptionError);
  });

  test('P9: of an ended lease there is nothing to be had', async () => {
    await using client = new MongoClient(setup.database.url);
    await using own = createPool(mongoFactory({ client }));
    const lease = await own.acquire();
    lease.release();

    expect(() => lease.connection).toThrow(LeaseEndedError);
  });
});

describe('at run time', () => {
  test('P3: tryAcquire lends what is free, and answers undefined for the rest', async () => {
    const leases = [pool.tryAcquire({ label: 'first' }), await pool.acquire()];

    expect(leases[0]).toBeDefined();
    expect(pool.tryAcquire()).toBeUndefined();
    for (const lease of leases) lease?.release();
  });

  test('P17: resize lends fewer, and again as many as there are sockets, but not more', async () => {
    pool.resize({ max: 1 });
    const lease = await pool.acquire();
    expect(pool.tryAcquire()).toBeUndefined();
    pool.resize({ max: 2 });
    await pool.use(() => undefined);

    expect(() => pool.resize({ max: 3 })).toThrow(/at most 2, the maxPoolSize/);
    expect(() => pool.resize({ max: 0 })).toThrow(OptionError);
    lease.release();
  });

  test('P17: pause lets callers wait, and resume serves them', async () => {
    pool.pause();
    const waiting = pool.run({ ping: 1 });
    expect(pool.stats()).toMatchObject({ phase: 'paused', waiting: 1 });
    pool.resume();

    expect(await waiting).toMatchObject({ ok: 1 });
  });

  test('an unacknowledged write is refused by the driver, which allows it no session', async () => {
    const write = pool.use((lease) =>
      lease.collection('things').insertOne({ n: 1 }, { writeConcern: { w: 0 } }),
    );

    expect((await failureOf(write)) as Error).toMatchObject({
      message: expect.stringMatching(/unacknowledged/i),
    });
  });
});

describe('a lease', () => {
  test('has an id, an age and a count of its uses, and none of these once it has ended', async () => {
    const lease = await pool.acquire();
    const { id, uses } = lease;
    lease.release();

    expect([id > 0, uses > 0, lease.isEnded, lease.age, lease.uses]).toEqual([true, true, true, 0, 0]);
  });

  test('P9: destroyed, its permit is made anew', async () => {
    const { created } = pool.metrics().counters;
    (await pool.acquire()).destroy();
    await Promise.all([pool.run({ ping: 1 }), pool.run({ ping: 1 })]);

    expect(pool.metrics().counters.created).toBeGreaterThan(created);
    expect(pool.metrics().counters.closed.invalid).toBe(1);
  });

  test('is given back by await using', async () => {
    {
      await using lease = await pool.acquire();
      await lease.collection('numbers').findOne();
    }

    expect(pool.stats().leased).toBe(0);
  });
});

describe('failFastWhenNoPrimary, while there is one', () => {
  test('P6: leaves the caller’s own signal and deadline as they are', async () => {
    const own = await openPool({ failFastWhenNoPrimary: true, pool: { max: 1 } });
    const lease = await own.pool.acquire();
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const aborted = failureOf(own.pool.acquire({ signal: controller.signal }));
    const late = failureOf(own.pool.acquire({ timeoutMs: 20 }));
    controller.abort(reason);

    expect(await aborted).toBe(reason);
    expect(await late).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT' });
    lease.release();
    expect(await own.pool.run({ ping: 1 })).toMatchObject({ ok: 1 });
    await own.end();
  });
});
