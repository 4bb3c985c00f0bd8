// What has to be exact: the server says and withholds what a test wants, to the byte and the turn.
import {
  startScriptedMongo,
  type ScriptedMongo,
  type ScriptedMongoOptions,
} from '@pool/testbed/mongodb/scripted';
import { MongoNetworkError, type Document } from 'mongodb';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AcquireTimeoutError,
  ConnectError,
  createMongoPool,
  isRetryable,
  type ConnectionOptions,
  type MongoPool,
  type MongoPoolOptions,
} from '../src/index.ts';
import { failureOf, until } from './support/until.ts';

type Options = MongoPoolOptions & { driver?: Partial<ConnectionOptions> };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()![Symbol.asyncDispose]();
});

async function start(options?: ScriptedMongoOptions): Promise<ScriptedMongo> {
  const mongo = await startScriptedMongo(options);
  open.push(mongo);
  return mongo;
}

/** The heartbeats are far apart: what the driver knows in time, it was told. */
function poolOn({ url }: ScriptedMongo, { driver, pool: given, ...options }: Options = {}): MongoPool {
  const connection = { uri: url, heartbeatFrequencyMS: 60_000, ...driver };
  const pool = createMongoPool({ connection, pool: { acquireTimeoutMs: 30_000, ...given }, ...options });
  open.push(pool);
  return pool;
}

const findOne = (pool: MongoPool): Promise<unknown> =>
  pool.use((lease) => lease.collection('things').findOne());

const HEARTBEATS = new Set(['hello', 'ismaster', 'isMaster']);
const SESSION_ID = (command: Document): string => String(command['lsid']?.['id']?.toString('hex'));

describe('what a lease says to the server', () => {
  test('is its operations alone: neither its begin nor its end costs a round trip', async () => {
    const mongo = await start();
    const pool = poolOn(mongo);
    await pool.ready();
    const record = mongo.nodes[0]!.record();
    for (let i = 0; i < 5; i++) {
      const lease = await pool.acquire();
      await lease.collection('things').findOne();
      lease.release();
    }
    const names = record.map(({ request }) => request.name).filter((name) => !HEARTBEATS.has(name));
    expect(names).toEqual(['find', 'find', 'find', 'find', 'find']);
  });

  test('carries one session for all of a lease, and of two leases at a time each its own', async () => {
    const mongo = await start();
    const pool = poolOn(mongo);
    const record = mongo.nodes[0]!.record();
    const [one, other] = [await pool.acquire(), await pool.acquire()];
    for (const lease of [one, other, one, other]) await lease.collection('things').findOne();
    const sessions = record
      .filter(({ request }) => request.name === 'find')
      .map(({ request }) => SESSION_ID(request.command));
    one.release();
    other.release();
    expect(sessions[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(sessions).toEqual([sessions[0], sessions[1], sessions[0], sessions[1]]);
    expect(sessions[0]).not.toBe(sessions[1]);
  });

  test('ends a transaction that was left open by abortTransaction, once', async () => {
    const mongo = await start();
    const pool = poolOn(mongo);
    pool.on('error', () => undefined);
    const [node] = mongo.nodes;
    const lease = await pool.acquire();
    lease.session.startTransaction();
    await lease.collection('things').insertOne({ n: 1 });
    lease.release();
    await until('it is aborted', () => node!.count('abortTransaction') === 1);
    await findOne(pool);
    expect(node!.count('abortTransaction')).toBe(1);
    expect(node!.count('commitTransaction')).toBe(0);
  });

  test('is what remains of its timeoutMs as maxTimeMS', async () => {
    const mongo = await start();
    const pool = poolOn(mongo);
    const record = mongo.nodes[0]!.record();
    await pool.use((lease) => lease.collection('things').findOne(), { timeoutMs: 5_000 });
    const find = record.find(({ request }) => request.name === 'find');
    const limitMs = Number(find!.request.command['maxTimeMS']);
    expect(limitMs).toBeGreaterThan(0);
    expect(limitMs).toBeLessThanOrEqual(5_000);
  });
});

describe('an election', () => {
  const members: ScriptedMongoOptions = { kind: ['primary', 'secondary', 'secondary'] };

  test('reaches the pool with the stream of heartbeats, and the next write goes to the new primary', async () => {
    const mongo = await start(members);
    const pool = poolOn(mongo);
    await pool.ready();
    expect(pool.stats().topology).toMatchObject({ primary: mongo.nodes[0]!.address, withoutPrimaryMs: 0 });
    mongo.elect(mongo.nodes[2]);
    await until('the pool knows', () => pool.stats().topology.primary === mongo.nodes[2]!.address);
    await pool.use((lease) => lease.collection('things').insertOne({}));
    expect(mongo.nodes.map((node) => node.count('insert'))).toEqual([0, 0, 1]);
  });

  test('with failFastWhenNoPrimary: who waits hears of the lost primary as soon as the driver does', async () => {
    const mongo = await start(members);
    const pool = poolOn(mongo, { pool: { max: 1 }, failFastWhenNoPrimary: true });
    const lease = await pool.acquire();
    const waiting = failureOf(pool.acquire());
    mongo.elect(undefined);
    expect(await waiting).toBeInstanceOf(ConnectError);
    expect(pool.stats()).toMatchObject({ leased: 1, waiting: 0 });
    mongo.elect(mongo.nodes[1]);
    await until('there is one again', () => pool.stats().topology.primary !== undefined);
    lease.release();
    await findOne(pool);
  });

  test('without it: who waits goes on waiting, and is served when the lease before him ends', async () => {
    const mongo = await start(members);
    const pool = poolOn(mongo, { pool: { max: 1 } });
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    mongo.elect(undefined);
    await until('the primary is lost', () => pool.stats().topology.primary === undefined);
    expect(pool.stats()).toMatchObject({ leased: 1, waiting: 1 });
    lease.release();
    (await waiting).release();
  });
});

describe('a slow handshake', () => {
  test('keeps waiting exactly the operations for which the driver opens a socket, maxConnecting at a time', async () => {
    const mongo = await start();
    const [node] = mongo.nodes;
    const pool = poolOn(mongo, { pool: { max: 8, maxConnecting: 3 } });
    await findOne(pool);
    const handshakes = node!.hold('hello');
    const finds = Array.from({ length: 8 }, () => findOne(pool));
    await handshakes.until(3);
    // The others are served by the socket that is open. Unlike a waiter of ours (P4), one of the driver's waits for "its" connect.
    await until('the others are served', () => pool.stats().leased === 3);
    expect(handshakes.requests.length).toBe(3);
    expect(node!.count('find')).toBe(1 + 5);
    handshakes.release();
    await Promise.all(finds);
    expect(Object.values(pool.stats().sockets)[0]).toMatchObject({ open: 4, pending: 0 });
  });

  test('of the first connect is bounded by the caller’s deadline, which names the phase', async () => {
    const mongo = await start();
    const handshakes = mongo.nodes[0]!.hold('hello');
    const pool = poolOn(mongo);
    const error = await failureOf(pool.acquire({ timeoutMs: 50 }));
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error).toMatchObject({ phase: 'create' });
    handshakes.release();
    // The connect has gone on, and serves the next one.
    await findOne(pool);
  });
});

describe('a reply', () => {
  test('that stalls keeps its own lease only; the others are served past it', async () => {
    const mongo = await start();
    const [node] = mongo.nodes;
    const pool = poolOn(mongo, { pool: { max: 2 } });
    const stalled = node!.hold('aggregate');
    const slow = pool.use((lease) => lease.collection('things').aggregate([]).toArray());
    await stalled.until(1);
    for (let i = 0; i < 3; i++) await findOne(pool);
    expect(pool.stats().leased).toBe(1);
    stalled.release();
    await slow;
    expect(pool.stats().leased).toBe(0);
  });

  test('that is no longer waited for at timeoutMs: its socket is closed, and no other operation gets the answer', async () => {
    const mongo = await start();
    const [node] = mongo.nodes;
    const pool = poolOn(mongo, { pool: { max: 1 } });
    await findOne(pool);
    const stalled = node!.hold('find');
    const failed = failureOf(pool.use((lease) => lease.collection('things').findOne(), { timeoutMs: 100 }));
    await stalled.until(1);
    expect(await failed).toMatchObject({ code: 'POOL_QUERY_TIMEOUT' });
    await until('the client has hung up', () => stalled.requests.length === 0);
    node!.answer('find', { cursor: { id: 0n, ns: 'a.b', firstBatch: [{ _id: 2 }] }, ok: 1 });
    stalled.release();
    expect(await findOne(pool)).toMatchObject({ _id: 2 });
  });

  test.each([3, 16, 25])(
    'that breaks off after %i bytes is a retryable error, and costs no lease',
    async (bytes) => {
      const mongo = await start();
      const [node] = mongo.nodes;
      const pool = poolOn(mongo, { pool: { max: 1 }, driver: { retryReads: false } });
      await findOne(pool);
      node!.breakAfter('find', bytes);
      const failed = failureOf(findOne(pool));
      await until('it is broken off', () => node!.count('find') === 2);
      node!.cut();
      const error = await failed;
      expect(error).toBeInstanceOf(MongoNetworkError);
      expect(isRetryable(error)).toBe(true);
      await findOne(pool);
      expect(pool.stats()).toMatchObject({ size: 1, leased: 0, idle: 1 });
    },
  );
});

describe('behind a load balancer', () => {
  test('there is no monitor, and a transaction keeps its socket to the end, as other leases pass by', async () => {
    const mongo = await start({ kind: 'loadBalanced' });
    const [node] = mongo.nodes;
    const pool = poolOn(mongo, { pool: { max: 4 } });
    await pool.ready();
    expect(pool.stats().topology.type).toBe('LoadBalanced');
    const record = node!.record();
    await pool.transaction(async (lease) => {
      for (let i = 0; i < 4; i++) {
        await lease.collection('things').insertOne({ i });
        await Promise.all([findOne(pool), findOne(pool)]);
      }
    });
    const ofTransaction = record.filter(({ request }) => request.command['autocommit'] === false);
    const names = ofTransaction.map(({ request }) => request.name);
    expect(names).toEqual([...names.slice(0, 4).fill('insert'), 'commitTransaction']);
    expect(new Set(ofTransaction.map(({ connectionId }) => connectionId)).size).toBe(1);
    const [sockets] = Object.values(pool.stats().sockets);
    expect(node!.connections).toBe(sockets!.open);
    expect(sockets!.checkedOut).toBe(0);
  });
});
