import { MongoServerError, type Collection, type CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { QueryTimeoutError, type MongoPool } from '../src/index.ts';
import { startServer, type PrivateServer } from './support/private-server.ts';
import { failureOf, until } from './support/until.ts';

let server: PrivateServer;
let pool: MongoPool;
const commands: CommandStartedEvent[] = [];

// Far longer than any test: what waits for it has not been stopped.
const FOR_EVER = { blockConnection: true, blockTimeMS: 120_000 };
const MOMENT = { blockConnection: true, blockTimeMS: 400 };

beforeAll(async () => {
  server = await startServer();
  pool = server.open({ pool: { max: 2 }, driver: { monitorCommands: true } });
  await pool.use((lease) => lease.collection('things').insertOne({ n: 1 }));
  pool.client.on('commandStarted', (event) => void commands.push(event));
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  await server.fail({ failCommands: [] }, 'off');
  commands.length = 0;
});

const limitOf = (name: string): unknown =>
  commands.find(({ commandName }) => commandName === name)?.command['maxTimeMS'];

describe('timeoutMs', () => {
  test('becomes maxTimeMS of every operation of the call, and less of it as time passes', async () => {
    await pool.use(
      async (lease) => {
        const things = lease.collection('things');
        await things.findOne();
        await things.insertOne({ n: 2 });
        await things.find().toArray();
        await things.aggregate([{ $match: { n: 1 } }]).toArray();
        await things.updateOne({ n: 2 }, { $set: { n: 3 } });
        await things.findOneAndDelete({ n: 3 });
        await things.countDocuments();
        await lease.db().command({ ping: 1 });
      },
      { timeoutMs: 60_000 },
    );

    const limits = commands.map(({ commandName, command }) => [commandName, command['maxTimeMS']]);
    expect(limits.length).toBe(8);
    for (const [, limit] of limits) expect(limit).toSatisfy((ms) => ms > 0 && ms <= 54_000);
    expect(limits.map(([, ms]) => ms)).toEqual(limits.map(([, ms]) => ms).toSorted((a, b) => b - a));
  });

  test('lets the caller’s own maxTimeMS stand, and without it there is none', async () => {
    await pool.use((lease) => lease.collection('things').findOne({}, { maxTimeMS: 77 }), {
      timeoutMs: 60_000,
    });
    expect(limitOf('find')).toBe(77);
    commands.length = 0;
    await pool.use((lease) => lease.collection('things').findOne());

    expect(limitOf('find')).toBeUndefined();
  });

  test('of run() is in the command itself', async () => {
    await pool.run({ ping: 1 }, { timeoutMs: 60_000 });

    expect(limitOf('ping')).toSatisfy((ms: number) => ms > 50_000 && ms <= 54_000);
  });

  test('the server stops at it by itself: its own error reaches the caller, and no socket is lost', async () => {
    await server.fail({ failCommands: ['find'], ...FOR_EVER });
    const closed = closedByError();
    const late = pool.use((lease) => lease.collection('things').findOne(), { timeoutMs: 4_000 });
    const error = await failureOf(late);

    expect(error).toBeInstanceOf(MongoServerError);
    expect(error).toMatchObject({ code: 50 });
    expect([pool.stats().leased, closedByError()]).toEqual([0, closed]);
  });

  test('F5 F6: a read that a stopped server does not answer is given up: the caller is told, the socket closed, the lease over', async () => {
    const closed = closedByError();
    server.set.pause();
    const late = pool.use((lease) => lease.collection('things').findOne(), { timeoutMs: 150 });
    const error = await failureOf(late);

    expect(error).toBeInstanceOf(QueryTimeoutError);
    expect(error).toMatchObject({ code: 'POOL_QUERY_TIMEOUT', timeoutMs: 150 });
    await until('the lease is over', () => pool.stats().leased === 0);
    expect(closedByError()).toBe(closed + 1);
    server.set.resume();
  });

  test('F5 F6: of a write the caller is told at its deadline, and the truth: it happens, and the lease is held until then', async () => {
    server.set.pause();
    // Its own limit: the server is not to end it by the pool's.
    const insert = pool.use(
      (lease) => lease.collection('things').insertOne({ late: true }, { maxTimeMS: 60_000 }),
      { timeoutMs: 150 },
    );
    const error = await failureOf(insert);

    expect(String(error)).toMatch(/a write that was sent may still be done/);
    expect(pool.stats().leased).toBe(1);
    server.set.resume();
    await until('the write is done', () => pool.stats().leased === 0);
    expect(await pool.use((lease) => lease.collection('things').countDocuments({ late: true }))).toBe(1);
  });

  test('of a transaction ends its attempts, with the last one’s error as cause', async () => {
    await server.fail(
      { failCommands: ['insert'], errorCode: 112, errorLabels: ['TransientTransactionError'] },
      'alwaysOn',
    );
    const late = pool.transaction((lease) => lease.collection('things').insertOne({ never: true }), {
      timeoutMs: 2_000,
    });
    const error = await failureOf(late);

    expect(error).toMatchObject({ code: 'POOL_QUERY_TIMEOUT', cause: { code: 112 } });
    await until('the lease is over', () => pool.stats().leased === 0);
    const started = commands.filter(({ commandName }) => commandName === 'insert').length;
    expect(started).toBeGreaterThan(1);
  });

  test('of a transaction bounds its commit too', async () => {
    await pool.transaction((lease) => lease.collection('things').insertOne({ n: 5 }), { timeoutMs: 60_000 });

    expect(limitOf('commitTransaction')).toSatisfy((ms: number) => ms > 0 && ms <= 54_000);
  });

  test('P5: that passes in the queue is an AcquireTimeoutError, and nothing is sent', async () => {
    const leases = [await pool.acquire(), await pool.acquire()];
    const late = pool.run({ ping: 1 }, { timeoutMs: 30 });

    expect(await failureOf(late)).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT' });
    expect(commands).toEqual([]);
    for (const lease of leases) lease.release();
  });
});

describe('signal', () => {
  const reason = new Error('no longer wanted');

  const READS: [string, string, (things: Collection) => Promise<unknown>][] = [
    ['findOne', 'find', (things) => things.findOne()],
    ['find', 'find', (things) => things.find().toArray()],
    ['aggregate', 'aggregate', (things) => things.aggregate().toArray()],
    ['countDocuments', 'aggregate', (things) => things.countDocuments()],
  ];
  test.each(READS)(
    'P6: an aborted %s rejects with the signal’s own reason, and its socket is closed',
    async (_, command, read) => {
      await server.fail({ failCommands: [command], ...FOR_EVER });
      const controller = new AbortController();
      const closed = closedByError();
      const aborted = failureOf(
        pool.use((lease) => read(lease.collection('things')), { signal: controller.signal }),
      );
      await until('the read is under way', () => commands.some(({ commandName }) => commandName === command));
      controller.abort(reason);

      expect(await aborted).toBe(reason);
      await until('the lease is over', () => pool.stats().leased === 0);
      expect(closedByError()).toBe(closed + 1);
    },
  );

  test('P6: an aborted write rejects at once, and is done all the same', async () => {
    await server.fail({ failCommands: ['insert'], ...MOMENT });
    const controller = new AbortController();
    const aborted = failureOf(
      pool.use((lease) => lease.collection('things').insertOne({ aborted: true }), {
        signal: controller.signal,
      }),
    );
    await until('the write is under way', () => commands.some(({ commandName }) => commandName === 'insert'));
    controller.abort(reason);

    expect(await aborted).toBe(reason);
    expect(pool.stats().leased).toBe(1);
    await until('the write is done', () => pool.stats().leased === 0);
    expect(await pool.use((lease) => lease.collection('things').countDocuments({ aborted: true }))).toBe(1);
  });

  test('P6: an aborted run() rejects with the reason', async () => {
    await server.fail({ failCommands: ['ping'], ...FOR_EVER });
    const controller = new AbortController();
    const aborted = failureOf(pool.run({ ping: 1 }, { signal: controller.signal }));
    await until('the command is under way', () => commands.length > 0);
    controller.abort(reason);

    expect(await aborted).toBe(reason);
    await until('the lease is over', () => pool.stats().leased === 0);
  });

  test('P6: an aborted cursor() rejects with the reason, and gives its lease back', async () => {
    await pool.use((lease) =>
      lease.collection('many').insertMany(Array.from({ length: 50 }, (_, n) => ({ n }))),
    );
    const controller = new AbortController();
    const documents = pool.cursor((lease) => lease.collection('many').find({}, { batchSize: 10 }), {
      signal: controller.signal,
    });
    await documents.next();
    controller.abort(reason);

    expect(await failureOf(documents.next())).toBe(reason);
    await until('the lease is over', () => pool.stats().leased === 0);
  });

  test('a lease that is taken back stops the read under way with the pool’s own reason', async () => {
    const own = server.open({ pool: { max: 1, maxLeaseMs: 1_000 } });
    own.on('lease:overdue', () => undefined);
    await own.ready();
    await server.fail({ failCommands: ['find'], ...FOR_EVER });
    const lease = await own.acquire();
    const { signal } = lease;
    const error = await failureOf(lease.collection('things').findOne());

    expect(error).toBe(signal.reason);
    expect(String(error)).toMatch(/ended by the pool/);
    lease.release();
  });
});

function closedByError(): number {
  return Object.values(pool.metrics().sockets).reduce((sum, { closed }) => sum + closed.error, 0);
}
