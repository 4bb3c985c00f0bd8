import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMongoPool, isPoolError, PoolClosedError } from '../src/index.ts';
import { startServer, withDatabase, type PrivateServer } from './support/private-server.ts';
import { failureOf, until } from './support/until.ts';

const MOMENT = { blockConnection: true, blockTimeMS: 300 };

let server: PrivateServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('close()', () => {
  test('P19: under load lets every operation that was begun end well, refuses the others, and leaves no socket', async () => {
    const pool = server.open({ pool: { max: 8 }, driver: { appName: 'loaded' } });
    let succeeded = 0;
    const errors: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (;;) {
        try {
          await pool.use((lease) => lease.collection('things').insertOne({ n: succeeded }));
          succeeded++;
        } catch (error) {
          errors.push(error);
          return;
        }
      }
    };
    const workers = Array.from({ length: 24 }, worker);
    await until('a good deal is done', () => succeeded > 100);
    expect(await server.countSockets('loaded')).toBeGreaterThan(8);
    await pool.close();
    await Promise.all(workers);

    expect(errors.length).toBe(24);
    for (const error of errors) expect(error).toBeInstanceOf(PoolClosedError);
    expect(await server.admin.db('d0').collection('things').countDocuments()).toBe(succeeded);
    await until('no socket is left', async () => (await server.countSockets('loaded')) === 0);
  });

  test('P19: waits for an operation under way, which the driver’s own close() would kill', async () => {
    const uri = withDatabase(server.set.url, 'closing');
    const insert = { failCommands: ['insert'], ...MOMENT, appName: 'closing' };
    const pool = createMongoPool({ connection: { uri, appName: 'closing' } });
    await pool.ready();
    await server.fail(insert);
    const ours = pool.use((lease) => lease.collection('things').insertOne({ n: 1 }));
    await until('it is under way', () => pool.stats().leased === 1);
    await pool.close();
    expect(await ours).toMatchObject({ acknowledged: true });

    const bare = new MongoClient(uri, { appName: 'closing', retryWrites: false });
    await bare.connect();
    let isUnderWay = false;
    bare.once('connectionCheckedOut', () => {
      isUnderWay = true;
    });
    await server.fail(insert);
    const killed = failureOf(bare.db().collection('things').insertOne({ n: 2 }));
    await until('it is under way', () => isUnderWay);
    await bare.close();
    expect((await killed) as Error).toBeInstanceOf(Error);
  });

  test('P19: at closeGraceMs ends what is left: session, transaction and all', async () => {
    const pool = server.open({ pool: { closeGraceMs: 50 }, driver: { appName: 'cut' } });
    const lease = await pool.acquire();
    const { session } = lease;
    session.startTransaction();
    await lease.collection('left').insertOne({ left: true });
    await pool.close();

    expect([lease.isEnded, session.hasEnded]).toEqual([true, true]);
    await until('no socket is left', async () => (await server.countSockets('cut')) === 0);
    expect(await server.admin.db('d1').collection('left').countDocuments()).toBe(0);
    lease.release();
  });

  test('P19: before it was ever used, twice, and with await using', async () => {
    const pool = server.open();
    await Promise.all([pool.close(), pool.close()]);
    {
      await using disposed = server.open();
      await disposed.ready();
    }

    expect(isPoolError(await failureOf(pool.ready()))).toBe(true);
  });

  test('P19: of a server that has gone mute is bounded, and the driver lets go when its heartbeat fails', async () => {
    const pool = server.open({
      pool: { destroyTimeoutMs: 100, createTimeoutMs: 500, acquireTimeoutMs: 30_000 },
      driver: { appName: 'mute', heartbeatFrequencyMS: 500 },
    });
    await pool.use((lease) => lease.collection('things').findOne());
    const { client } = pool;
    let isClosed = false;
    client.once('topologyClosed', () => {
      isClosed = true;
    });
    server.set.pause();
    const startedAt = performance.now();
    await pool.close();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await until('the driver has let go', () => isClosed);
    server.set.resume();
  });
});

describe('a client of your own', () => {
  test('P19: is left open, and without our listeners', async () => {
    await using client = new MongoClient(withDatabase(server.set.url, 'adopted'));
    const before = client.eventNames().length;
    const pool = createMongoPool({ client });
    await pool.use((lease) => lease.collection('things').insertOne({ n: 1 }));
    expect(pool.client).toBe(client);
    await pool.close();

    expect(await client.db().collection('things').countDocuments()).toBe(1);
    expect(client.eventNames().length).toBe(before);
  });

  test('is lent by two pools side by side, each with its own bound', async () => {
    await using client = new MongoClient(withDatabase(server.set.url, 'adopted'));
    await using first = createMongoPool({ client, pool: { name: 'first', max: 1 } });
    await using second = createMongoPool({ client, pool: { name: 'second', max: 2 } });
    const lease = await first.acquire();
    await second.use((other) => other.collection('things').insertOne({ n: 1 }));

    expect([first.stats().leased, second.stats().leased]).toEqual([1, 0]);
    expect(Object.keys(first.stats().sockets)).toEqual(Object.keys(second.stats().sockets));
    lease.release();
  });
});
