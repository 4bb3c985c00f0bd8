import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MongoClient } from 'mongodb';
import { createMongoPool, OptionError } from '../src/index.ts';
import { startServer, type PrivateServer } from './support/private-server.ts';
import { failureOf, until } from './support/until.ts';

let server: PrivateServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('rotateEveryMs', () => {
  test('replaces the client under load without one failed operation, and closes the old ones', async () => {
    const pool = server.open({ rotateEveryMs: 150, pool: { max: 4 }, driver: { appName: 'rotating' } });
    const clients = new Set<MongoClient>();
    let operations = 0;
    const worker = async (): Promise<void> => {
      while (pool.metrics().mongodb.rotations < 4) {
        await pool.use(async (lease) => {
          clients.add(lease.client);
          await lease.collection('things').insertOne({ n: operations++ });
        });
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    await until('only the newest client is left', () => pool.metrics().mongodb.clients === 1);

    expect(pool.metrics().mongodb).toMatchObject({ clients: 1, failedRotations: 0 });
    expect(clients.size).toBeGreaterThanOrEqual(4);
    expect(await pool.use((lease) => lease.collection('things').countDocuments())).toBe(operations);
    await pool.close();
    await until('no socket is left', async () => (await server.countSockets('rotating')) === 0);
  });

  test('P16: a lease is never cut: it keeps its client, which closes when the last of its leases ends', async () => {
    const pool = server.open({ rotateEveryMs: 100, pool: { max: 2 } });
    const held = await pool.acquire();
    const { client } = held;
    let closed = false;
    client.once('topologyClosed', () => {
      closed = true;
    });
    await until('the pool has another client', async () => {
      await pool.use((lease) => lease.collection('things').findOne());
      return pool.client !== client;
    });
    await held.collection('things').insertOne({ held: true });

    expect([held.client === client, closed]).toEqual([true, false]);
    held.release();
    await until('the old client is closed', () => closed);
    expect(await pool.use((lease) => lease.client)).not.toBe(client);
  });

  test('a new client that cannot connect is given up, and the old one goes on', async () => {
    const pool = server.open({
      rotateEveryMs: 100,
      pool: { max: 1 },
      driver: { serverSelectionTimeoutMS: 100 },
    });
    await pool.ready();
    const { client } = pool;
    // Fails the handshakes of the new client, and nothing else: those of the old one are done.
    await server.fail({ failCommands: ['hello', 'isMaster', 'ismaster'], closeConnection: true }, 'alwaysOn');
    await until('a rotation has failed', async () => {
      await pool.use((lease) => lease.collection('things').findOne());
      return pool.metrics().mongodb.failedRotations > 0;
    });

    expect(pool.client).toBe(client);
    await server.fail({ failCommands: [] }, 'off');
    await until('a rotation has succeeded', async () => {
      await pool.use((lease) => lease.collection('things').findOne());
      return pool.metrics().mongodb.rotations > 0;
    });
    expect(pool.client).not.toBe(client);
  });

  test('a pool without it keeps its client', async () => {
    const pool = server.open({ pool: { max: 1 } });
    await pool.ready();
    const { client } = pool;
    for (let n = 0; n < 5; n++) await pool.use((lease) => lease.collection('things').findOne());

    expect(pool.client).toBe(client);
    expect(pool.metrics().mongodb).toMatchObject({ clients: 1, rotations: 0, failedRotations: 0 });
  });
});

describe('rotate()', () => {
  test('replaces the client at once, and the old one closes with its last lease', async () => {
    const pool = server.open({ pool: { max: 2 } });
    const held = await pool.acquire();
    const { client } = held;
    await pool.rotate();

    expect(pool.client).not.toBe(client);
    expect(await pool.use((lease) => lease.client)).toBe(pool.client);
    expect(await held.collection('things').countDocuments()).toBe(0);
    expect(pool.metrics().mongodb).toMatchObject({ clients: 2, rotations: 1 });
    held.release();
    await until('the old client is closed', () => pool.metrics().mongodb.clients === 1);
  });

  test('called twice at once is one', async () => {
    const pool = server.open();
    await pool.ready();
    await Promise.all([pool.rotate(), pool.rotate()]);

    expect(pool.metrics().mongodb).toMatchObject({ clients: 1, rotations: 1 });
  });

  test('rejects by the driver’s error when the new client cannot connect, and nothing has changed', async () => {
    const pool = server.open({ driver: { serverSelectionTimeoutMS: 100 } });
    await pool.ready();
    const { client } = pool;
    await server.fail({ failCommands: ['hello', 'isMaster', 'ismaster'], closeConnection: true }, 'alwaysOn');

    expect(await failureOf(pool.rotate())).toMatchObject({ name: 'MongoServerSelectionError' });
    await server.fail({ failCommands: [] }, 'off');
    expect(pool.client).toBe(client);
    expect(await pool.run({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  test('is refused for a client of your own', async () => {
    await using pool = createMongoPool({ client: server.admin });

    expect(await failureOf(pool.rotate())).toBeInstanceOf(OptionError);
  });
});
