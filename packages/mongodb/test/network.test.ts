import { startFaultProxy, type FaultProxy } from '@pool/testbed/fault-proxy';
import { MongoError } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createMongoPool, type AcquireTimeoutError, type MongoPool, type PoolOptions } from '../src/index.ts';
import { startServer, type PrivateServer } from './support/private-server.ts';
import { failureOf, turns, until } from './support/until.ts';

let server: PrivateServer;
let proxy: FaultProxy;
const pools: MongoPool[] = [];

beforeAll(async () => {
  server = await startServer();
  const [host, port] = server.set.nodes[0]!.address.split(':');
  proxy = await startFaultProxy({ to: { host: host!, port: Number(port) } });
});
afterAll(async () => {
  await proxy.close();
  await server[Symbol.asyncDispose]();
});
afterEach(async () => {
  await proxy.heal();
  proxy.latencyMs = 0;
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** A pool whose only way to the server is the proxy. */
function open(pool: PoolOptions = {}, driver: object = {}): MongoPool {
  const uri = `mongodb://${proxy.host}:${proxy.address.port}/network?directConnection=true`;
  const opened = createMongoPool({ connection: { uri, heartbeatFrequencyMS: 500, ...driver }, pool });
  opened.on('error', () => undefined);
  pools.push(opened);
  return opened;
}

/** Finds nothing. */
const findOne = (pool: MongoPool, timeoutMs?: number): Promise<unknown> =>
  pool.use((lease) => lease.collection('things').findOne({ n: 'nobody' }), { timeoutMs });

describe('a server that cannot be reached', () => {
  test('P12 F4: callers that come while it refuses connections wait, and are served when it is back', async () => {
    await proxy.refuse();
    const pool = open({ acquireTimeoutMs: 30_000 });
    const served = [findOne(pool), findOne(pool)];
    await until('the driver has been refused', () => pool.stats().topology.withoutPrimaryMs > 0);
    await proxy.accept();

    expect(await Promise.all(served)).toEqual([null, null]);
  });

  test('P5: a caller whose deadline passes meanwhile hears since when, and the driver’s last error as cause', async () => {
    await proxy.refuse();
    const pool = open();
    const error = (await failureOf(findOne(pool, 1_000))) as AcquireTimeoutError;

    expect(error).toMatchObject({ code: 'POOL_ACQUIRE_TIMEOUT', diagnosis: { kind: 'unreachable' } });
    expect(error.diagnosis.message).toMatch(/^no server for [\d.]+ m?s \(last error: MongoNetworkError\)$/);
    expect((error.cause as Error).message).toMatch(/ECONNREFUSED/);
  });

  test('P13 F9: one that accepts and says nothing is given up at createTimeoutMs, and works when it speaks again', async () => {
    proxy.silence();
    const pool = open({ createTimeoutMs: 500 });
    const error = (await failureOf(findOne(pool, 1_500))) as AcquireTimeoutError;
    expect(error.diagnosis.kind).toBe('unreachable');
    expect(pool.metrics().counters.createFailed).toBeGreaterThan(0);
    await proxy.heal();

    expect(await findOne(pool, 20_000)).toBeNull();
  });
});

describe('a network that fails', () => {
  test('F7: a black hole under a read: the caller is told at its deadline, and the next is served after it', async () => {
    const pool = open({ max: 2 });
    await findOne(pool);
    proxy.stall();
    expect(await failureOf(findOne(pool, 200))).toMatchObject({ code: 'POOL_QUERY_TIMEOUT' });
    await until('its lease is over', () => pool.stats().leased === 0);
    proxy.resume();

    expect(await findOne(pool, 20_000)).toBeNull();
  });

  test('F7: a black hole under a write without a deadline ends it when the driver’s heartbeat fails, and its lease with it', async () => {
    const pool = open({ max: 1, createTimeoutMs: 500, acquireTimeoutMs: 30_000 }, { retryWrites: false });
    await findOne(pool);
    proxy.stall();
    const failed = failureOf(pool.use((lease) => lease.collection('things').insertOne({ n: 1 })));

    expect(await failed).toBeInstanceOf(MongoError);
    expect(pool.stats().leased).toBe(0);
  });

  test('F1 F8: idle sockets that are reset or half-closed cost no caller an error', async () => {
    const pool = open({ max: 2 });
    for (const cut of [() => proxy.reset(), () => proxy.halfClose()]) {
      await Promise.all([findOne(pool), findOne(pool)]);
      const { endedByClient } = proxy.counts;
      cut();
      await proxy.until((counts) => counts.open === 0 || counts.endedByClient > endedByClient);
      // Until this process has read of it: the driver must not be about to write.
      await turns();
      expect(await Promise.all([findOne(pool), findOne(pool)])).toEqual([null, null]);
    }
    expect(pool.metrics().counters).toMatchObject({ created: 2, createFailed: 0 });
  });

  test('F8: an answer that is cut in its middle is repeated by the driver', async () => {
    const pool = open({ max: 1 });
    await pool.use((lease) => lease.collection('text').insertOne({ text: 'x'.repeat(10_000) }));
    proxy.cutAfter(1, 'down');
    const read = pool.use((lease) => lease.collection('text').findOne());
    await proxy.until(({ open: links }) => links === 0);
    await proxy.heal();

    expect(await read).toMatchObject({ text: 'x'.repeat(10_000) });
  });

  test('F19: a burst at a slow handshake opens no more than max sockets, maxConnecting at a time, and serves everybody', async () => {
    proxy.latencyMs = 30;
    const { accepted } = proxy.counts;
    const pool = open({ max: 4, maxConnecting: 2 });
    await Promise.all(Array.from({ length: 40 }, () => findOne(pool)));
    const [sockets] = Object.values(pool.metrics().sockets);

    expect(sockets!.created).toBeLessThanOrEqual(4);
    // Beside them the driver's two monitors.
    expect(proxy.counts.accepted - accepted).toBeLessThanOrEqual(4 + 2);
    expect(pool.metrics().counters).toMatchObject({ acquired: 40, timedOut: 0 });
  });
});

test('P6 F7: who gives up a cursor on a mute server is told at once, and its lease ends when the driver lets go', async () => {
  const pool = open({ max: 2, createTimeoutMs: 500, acquireTimeoutMs: 30_000 });
  await pool.use((lease) =>
    lease.collection('rows').insertMany(Array.from({ length: 30 }, (_, n) => ({ n }))),
  );
  const controller = new AbortController();
  const rows = pool.cursor((lease) => lease.collection('rows').find({}, { batchSize: 10 }), {
    signal: controller.signal,
  });
  for (let n = 0; n < 10; n++) await rows.next();
  proxy.stall();
  const reason = new Error('no longer wanted');
  const next = failureOf(rows.next());
  controller.abort(reason);

  expect(await next).toBe(reason);
  await until('the lease is over', () => pool.stats().leased === 0);
});
