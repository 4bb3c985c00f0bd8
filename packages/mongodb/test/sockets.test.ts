import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { observeMongoClient, type SocketStats } from '../src/index.ts';
import { startServer, type PrivateServer } from './support/private-server.ts';
import { until } from './support/until.ts';

const MOMENT = { blockConnection: true, blockTimeMS: 150 };

let server: PrivateServer;
beforeAll(async () => {
  server = await startServer(3);
});
afterAll(() => server[Symbol.asyncDispose]());

const total = (sockets: Readonly<Record<string, SocketStats>>): SocketStats =>
  Object.values(sockets).reduce(
    (sum, { open, checkedOut, pending }) => ({
      open: sum.open + open,
      checkedOut: sum.checkedOut + checkedOut,
      pending: sum.pending + pending,
    }),
    { open: 0, checkedOut: 0, pending: 0 },
  );

describe('leases and sockets are two gauges', () => {
  test('a lease without an operation has no socket, and one with several in parallel has several', async () => {
    const pool = server.open({ pool: { max: 3 } });
    await pool.use((lease) => lease.collection('things').insertOne({ n: 1 }));
    const lease = await pool.acquire();
    expect([pool.stats().leased, total(pool.stats().sockets).checkedOut]).toEqual([1, 0]);

    await server.fail({ failCommands: ['find'], ...MOMENT }, { times: 3 });
    const finds = Promise.all([1, 2, 3].map((n) => lease.collection('things').findOne({ n })));
    await until('three sockets are in use', () => total(pool.stats().sockets).checkedOut === 3);
    expect(pool.stats().leased).toBe(1);
    await finds;
    lease.release();
    expect(total(pool.stats().sockets)).toEqual({ open: 3, checkedOut: 0, pending: 0 });
  });

  test('the driver’s own queue, which parallel operations of one lease wait in, is counted and timed', async () => {
    const pool = server.open({ pool: { max: 1 } });
    await pool.use((lease) => lease.collection('things').insertOne({ n: 1 }));
    await server.fail({ failCommands: ['find'], ...MOMENT }, { times: 1 });
    const work = pool.use((lease) =>
      Promise.all([1, 2, 3].map((n) => lease.collection('things').findOne({ n }))),
    );
    await until('two operations wait in the driver', () => total(pool.stats().sockets).pending === 2);
    expect(pool.stats()).toMatchObject({ leased: 1, waiting: 0 });
    await work;

    const [primary] = Object.values(pool.metrics().sockets);
    expect(total(pool.stats().sockets).pending).toBe(0);
    expect(primary!.checkOutMs.max).toBeGreaterThan(100);
  });

  test('they are told by the address of their server, and agree with their own counters', async () => {
    const pool = server.open({ pool: { max: 2 } });
    await pool.use((lease) => lease.collection('things').insertOne({ n: 1 }));
    await pool.use((lease) => lease.collection('things').findOne({}, { readPreference: 'secondary' }));
    const sockets = pool.metrics().sockets;
    const addresses = server.set.nodes.map(({ address }) => address);

    expect(Object.keys(sockets).length).toBe(2);
    for (const [address, { open, created, closed, checkOutMs }] of Object.entries(sockets)) {
      expect(addresses).toContain(address);
      expect(open).toBe(created - closed.error - closed.idle - closed.poolClosed - closed.stale);
      expect(checkOutMs.count).toBeGreaterThan(0);
    }
  });

  test('minPoolSize and idle sockets are the driver’s, by the pool’s min and idleTimeoutMs', async () => {
    const pool = server.open({ pool: { max: 4, min: 1, idleTimeoutMs: 100 } });
    await Promise.all(
      Array.from({ length: 4 }, (_, n) => pool.use((lease) => lease.collection('things').findOne({ n }))),
    );
    const primary = (): number => pool.metrics().sockets[pool.stats().topology.primary!]!.open;
    const idle = (): number =>
      Object.values(pool.metrics().sockets).reduce((sum, { closed }) => sum + closed.idle, 0);
    await until('idle ones are closed', () => idle() > 0 && primary() <= 1);

    expect(primary()).toBeLessThanOrEqual(1);
  });
});

describe('observeMongoClient', () => {
  test('gives the same figures of a client without a pool, until it is told to stop', async () => {
    await using client = new MongoClient(server.set.url);
    const observation = observeMongoClient(client);
    await client.db('observed').collection('things').insertOne({ n: 1 });
    const address = Object.keys(observation.stats())[0]!;

    expect(observation.stats()).toEqual({ [address]: { open: 1, checkedOut: 0, pending: 0 } });
    expect(observation.metrics()[address]).toMatchObject({ created: 1, checkOutFailed: 0, cleared: 0 });
    const { count } = observation.metrics()[address]!.checkOutMs;
    observation.stop();
    await client.db('observed').collection('things').insertOne({ n: 2 });
    expect(observation.metrics()[address]!.checkOutMs.count).toBe(count);
    expect(client.listenerCount('connectionCheckedOut')).toBe(0);
  });

  test('of a client that works already counts a socket from its next use on, and never below none', async () => {
    await using client = new MongoClient(server.set.url, { maxPoolSize: 1 });
    const things = client.db('observed').collection('things');
    await things.insertOne({ n: 1 });
    const observation = observeMongoClient(client);
    await things.insertOne({ n: 2 });
    const open = total(observation.stats());
    await client.close();

    expect(open).toEqual({ open: 1, checkedOut: 0, pending: 0 });
    expect(total(observation.stats())).toEqual({ open: 0, checkedOut: 0, pending: 0 });
  });
});
