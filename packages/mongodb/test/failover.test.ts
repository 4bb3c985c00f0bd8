import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MongoError, MongoServerError } from 'mongodb';
import { AcquireTimeoutError, ConnectError, isRetryable, type MongoPool } from '../src/index.ts';
import { startServer, type PrivateServer } from './support/private-server.ts';
import { failureOf, turns, until } from './support/until.ts';

// Heartbeats as often as the driver allows, so that it finds nodes again soon.
const DRIVER = { heartbeatFrequencyMS: 500 };

let server: PrivateServer;
beforeAll(async () => {
  server = await startServer(3);
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(async () => {
  for (const node of server.set.nodes) await node.start();
  await server.admin.db('admin').command({ ping: 1 });
});

const primaryOf = (pool: MongoPool): string | undefined => pool.stats().topology.primary;

const checkedOut = (pool: MongoPool): number =>
  Object.values(pool.stats().sockets).reduce((sum, socket) => sum + socket.checkedOut, 0);

/** Cuts all sockets, and waits until this process has read that of each. */
async function cutAndNotice(): Promise<void> {
  const [host, port] = server.set.nodes[0]!.address.split(':');
  const witness = connect(Number(port), host).on('error', () => undefined);
  await once(witness, 'connect');
  // The server may not have taken it in yet.
  await until('the witness is cut', async () => {
    await server.set.cutConnections();
    await turns();
    return witness.closed;
  });
}

/** Driver 7.8 hands a reset that it meets while it writes through as Node's own error. */
function isRawReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes((error as { code?: string }).code ?? '');
}

async function openReady(options: Parameters<PrivateServer['open']>[0] = {}): Promise<MongoPool> {
  const pool = server.open({ ...options, driver: { ...DRIVER, ...options.driver } });
  await pool.use((lease) => lease.collection('things').insertOne({ n: 0 }));
  return pool;
}

async function stopPrimary(pool: MongoPool): Promise<void> {
  const primary = primaryOf(pool);
  await server.set.nodes.find(({ address }) => address === primary)!.stop();
}

async function stopAll(pool: MongoPool): Promise<void> {
  await Promise.all(server.set.nodes.map((node) => node.stop()));
  await until('the driver knows', () => primaryOf(pool) === undefined);
}

describe('a failover', () => {
  test('F13: a primary that steps down ends no lease and opens no breaker, and no write is lost', async () => {
    const pool = await openReady({ pool: { max: 4 } });
    const held = await pool.acquire();
    const before = primaryOf(pool);
    const insert = (n: number): Promise<unknown> =>
      pool.use((lease) => lease.collection('things').insertOne({ n }), { timeoutMs: 20_000 });
    const load = Array.from({ length: 40 }, (_, n) => insert(n + 1));
    await server.set.stepDown(2);
    await Promise.all(load);

    expect(primaryOf(pool)).not.toBe(before);
    expect(await held.collection('things').countDocuments()).toBe(41);
    const { counters, gauges } = pool.metrics();
    expect(held.isEnded).toBe(false);
    expect([counters.createFailed, counters.closed.lost, gauges.connectFailure]).toEqual([0, 0, undefined]);
    held.release();
  });

  test('F13: a transaction in whose middle the primary steps down is run again, once each, and committed', async () => {
    const pool = await openReady();
    let attempts = 0;
    await pool.transaction(async (lease) => {
      await lease.collection('things').insertOne({ first: true });
      if (attempts++ === 0) await server.set.stepDown(2);
      await lease.collection('things').insertOne({ second: true });
    });

    expect(attempts).toBeGreaterThan(1);
    const [first, second] = await Promise.all(
      ['first', 'second'].map((name) =>
        pool.use((lease) => lease.collection('things').countDocuments({ [name]: true })),
      ),
    );
    expect([first, second]).toEqual([1, 1]);
  });

  test('F3: a primary that is killed, and back: what fails with it is retryable, and whoever tries again is served by the next one', async () => {
    const pool = await openReady({ pool: { max: 2 } });
    const before = primaryOf(pool);
    await stopPrimary(pool);
    const insert = async (n: number): Promise<void> => {
      try {
        await pool.use((lease) => lease.collection('things').insertOne({ n }), { timeoutMs: 20_000 });
      } catch (error) {
        // The driver tries a write twice. It knows by then that this node is gone, or else it says that one may try again.
        if (!isRetryable(error) && !isRawReset(error)) throw error;
        await insert(n);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => insert(n)));

    expect(primaryOf(pool)).not.toBe(before);
    expect(pool.metrics().counters).toMatchObject({ createFailed: 0, timedOut: 0 });
  });

  test('F33: without a primary for longer than the deadline, the waiting caller hears what is known of the servers', async () => {
    const pool = await openReady({ pool: { max: 1 } });
    await stopAll(pool);
    // Holds the only permit, and waits for a primary.
    const holder = pool.use((lease) => lease.collection('things').insertOne({ held: true }));
    const error = (await failureOf(
      pool.use((lease) => lease.collection('things').findOne(), { timeoutMs: 300 }),
    )) as AcquireTimeoutError;

    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error.diagnosis).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^no primary for [\d.]+ m?s \(last error: Mongo\w+Error\)$/),
    });
    expect((error.cause as Error).name).toMatch(/^Mongo/);
    expect(pool.stats().topology).toMatchObject({ primary: undefined });
    expect(pool.stats().topology.withoutPrimaryMs).toBeGreaterThan(0);

    for (const node of server.set.nodes) await node.start();
    await holder;
    expect(pool.stats().topology.withoutPrimaryMs).toBe(0);
    expect(await pool.use((lease) => lease.collection('things').countDocuments({ held: true }))).toBe(1);
  });

  test('F4: a caller that holds a lease while all nodes are down is bounded by its own deadline', async () => {
    const pool = await openReady();
    await stopAll(pool);
    const startedAt = performance.now();
    const error = await failureOf(
      pool.use((lease) => lease.collection('things').insertOne({ n: 1 }), { timeoutMs: 300 }),
    );

    expect(error).toMatchObject({ code: 'POOL_QUERY_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('failFastWhenNoPrimary', () => {
  test('rejects callers at once while there is none, also those that wait already, and serves again after it', async () => {
    const pool = await openReady({ failFastWhenNoPrimary: true, pool: { max: 1, acquireTimeoutMs: 60_000 } });
    const lease = await pool.acquire();
    const waiting = failureOf(pool.acquire());
    await stopAll(pool);

    expect(await waiting).toBeInstanceOf(ConnectError);
    expect(await failureOf(pool.acquire())).toMatchObject({
      code: 'POOL_CONNECT_FAILED',
      message: expect.stringMatching(/no server takes writes/),
    });
    expect(lease.isEnded).toBe(false);
    lease.release();
    for (const node of server.set.nodes) await node.start();
    await until('there is a primary', () => primaryOf(pool) !== undefined);
    await pool.use((next) => next.collection('things').insertOne({ n: 1 }));
  });

  test('leaves work under way alone', async () => {
    const pool = await openReady({ failFastWhenNoPrimary: true });
    const work = pool.use(
      async (lease) => {
        await stopAll(pool);
        for (const node of server.set.nodes) await node.start();
        return lease.collection('things').insertOne({ n: 1 });
      },
      { timeoutMs: 30_000 },
    );

    expect(await work).toMatchObject({ acknowledged: true });
  });
});

describe('sockets that are cut', () => {
  test('F1: idle ones cost no caller an error, and no permit', async () => {
    const pool = await openReady({ pool: { max: 4 } });
    await Promise.all(Array.from({ length: 4 }, () => pool.run({ ping: 1 })));
    await cutAndNotice();
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => pool.use((lease) => lease.collection('things').findOne({ n }))),
    );

    expect(pool.metrics().counters.closed).toMatchObject({ lost: 0, invalid: 0, reset: 0 });
  });

  test('F3: all cut at once with reads in flight: the driver repeats each of them, and no caller hears of it', async () => {
    const pool = await openReady({ pool: { max: 4 } });
    await server.fail({ failCommands: ['find'], blockConnection: true, blockTimeMS: 200 }, { times: 4 });
    const reads = Promise.allSettled(
      Array.from({ length: 8 }, () => pool.use((lease) => lease.collection('things').findOne())),
    );
    await until('reads in flight', () => checkedOut(pool) === 4);
    await server.set.cutConnections();

    expect((await reads).map(({ status }) => status)).toEqual(Array(8).fill('fulfilled'));
  });

  test('F3: all cut at once with writes in flight: each is done once and acknowledged, or fails by the driver’s own error', async () => {
    const pool = await openReady({ pool: { max: 4 } });
    await server.fail({ failCommands: ['insert'], blockConnection: true, blockTimeMS: 200 }, { times: 4 });
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
    const writes = Promise.allSettled(
      numbers.map((n) => pool.use((lease) => lease.collection('cut').insertOne({ n }))),
    );
    await until('writes in flight', () => checkedOut(pool) === 4);
    await server.set.cutConnections();
    const outcomes = await writes;
    const written = await pool.use((lease) => lease.collection('cut').find().toArray());

    // The driver repeats the first; from then on it takes the server for one that knows no retries, until it has asked it.
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    const foreign = errors.filter((error) => !(error instanceof MongoError) && !isRawReset(error));
    expect(foreign).toEqual([]);
    const counts = numbers.map((n) => written.filter((document) => document['n'] === n).length);
    expect(Math.max(...counts)).toBe(1);
    const acknowledged = numbers.filter((n) => outcomes[n]!.status === 'fulfilled');
    expect(acknowledged.map((n) => counts[n])).toEqual(acknowledged.map(() => 1));
    expect(pool.stats()).toMatchObject({ leased: 0, waiting: 0 });
    expect(pool.metrics().counters.closed).toMatchObject({ lost: 0, invalid: 0, reset: 0 });
  });

  test('F2: a socket cut mid-operation without retries is that caller’s error, untouched, and retryable by its label', async () => {
    const pool = await openReady({ driver: { retryReads: false, retryWrites: false } });
    await server.fail({ failCommands: ['insert'], closeConnection: true });
    const error = await failureOf(pool.use((lease) => lease.collection('things').insertOne({ n: 1 })));

    expect((error as Error).name).toBe('MongoNetworkError');
    await pool.use((lease) => lease.collection('things').insertOne({ n: 2 }));
    expect(pool.stats()).toMatchObject({ leased: 0 });
  });

  test('a cleared pool of the driver is counted, and costs no lease', async () => {
    const pool = await openReady();
    const lease = await pool.acquire();
    const cleared = (): number =>
      Object.values(pool.metrics().sockets).reduce((sum, socket) => sum + socket.cleared, 0);
    const before = cleared();
    await server.fail({ failCommands: ['find'], closeConnection: true });
    await lease.collection('things').findOne();

    expect(cleared()).toBe(before + 1);
    expect(lease.isEnded).toBe(false);
    lease.release();
  });
});

describe('errors are the driver’s own', () => {
  test.each([
    ['TransientTransactionError', 112, true],
    ['RetryableWriteError', 91, true],
    ['NoWritesPerformed', 2, false],
  ])('the label %s survives, and decides whether it is retryable', async (label, errorCode, expected) => {
    const pool = await openReady({ driver: { retryWrites: false } });
    await server.fail({ failCommands: ['insert'], errorCode, errorLabels: [label] }, { times: 2 });
    const error = await failureOf(pool.use((lease) => lease.collection('things').insertOne({ n: 1 })));
    await server.fail({ failCommands: [] }, 'off');

    expect(error).toBeInstanceOf(MongoServerError);
    expect([(error as MongoServerError).hasErrorLabel(label), isRetryable(error)]).toEqual([true, expected]);
  });

  test('a duplicate key is not retryable, nor is what is no error of the driver', async () => {
    const pool = await openReady();
    const twice = pool.use((lease) =>
      lease.collection<{ _id: number }>('things').insertMany([{ _id: 1 }, { _id: 1 }]),
    );

    expect(await failureOf(twice)).toMatchObject({ code: 11_000 });
    expect([new Error('no'), undefined, null, 'text', {}].map(isRetryable)).toEqual(Array(5).fill(false));
  });
});
