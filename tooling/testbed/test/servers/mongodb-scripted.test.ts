// The driver is real; the server says exactly what the test wants, when it wants it.
import { once } from 'node:events';
import { MongoClient, MongoNetworkError, type MongoClientOptions } from 'mongodb';
import { afterEach, describe, expect, test } from 'vitest';
import {
  startScriptedMongo,
  type ScriptedMongo,
  type ScriptedMongoOptions,
} from '../../src/servers/mongodb/scripted/scripted-mongo.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  while (open.length > 0) await open.pop()![Symbol.asyncDispose]();
});

async function start(options: ScriptedMongoOptions = {}): Promise<ScriptedMongo> {
  const mongo = await startScriptedMongo(options);
  open.push(mongo);
  return mongo;
}

async function connect(mongo: ScriptedMongo, options: MongoClientOptions = {}): Promise<MongoClient> {
  const client = new MongoClient(mongo.url, {
    serverSelectionTimeoutMS: 5_000,
    retryReads: false,
    ...options,
  });
  open.push(client);
  return client.connect();
}

const findOne = (client: MongoClient, options = {}) => client.db('a').collection('b').findOne({}, options);

/** The heartbeats are far apart: what the driver knows in time, it was told. */
const FAR_APART: MongoClientOptions = { heartbeatFrequencyMS: 60_000 };

describe('a set of three', () => {
  test('reads go to the node that the read preference asks for', async () => {
    const mongo = await start({ kind: ['secondary', 'primary', 'secondary'] });
    const client = await connect(mongo);
    await findOne(client);
    expect(mongo.nodes.map((node) => node.count('find'))).toEqual([0, 1, 0]);
    await findOne(client, { readPreference: 'secondary' });
    expect(mongo.nodes[0]!.count('find') + mongo.nodes[2]!.count('find')).toBe(1);
  });

  test('an election reaches a streaming monitor at once, not with its next heartbeat', async () => {
    const mongo = await start({ kind: ['primary', 'secondary', 'secondary'] });
    const client = await connect(mongo, FAR_APART);
    const changed = once(client, 'topologyDescriptionChanged');
    mongo.elect(mongo.nodes[1]);
    await changed;
    await findOne(client);
    expect(mongo.nodes[1]!.count('find')).toBe(1);
  });

  test('without a primary a write waits, and goes to the one that is elected then', async () => {
    const mongo = await start({ kind: ['primary', 'secondary'] });
    const client = await connect(mongo, FAR_APART);
    const noPrimary = new Promise<void>((resolve) => {
      client.on('topologyDescriptionChanged', ({ newDescription }) => {
        if (newDescription.type === 'ReplicaSetNoPrimary') resolve();
      });
    });
    mongo.elect(undefined);
    await noPrimary;
    const written = client.db('a').collection('b').insertOne({});
    mongo.elect(mongo.nodes[1]);
    await written;
    expect(mongo.nodes.map((node) => node.count('insert'))).toEqual([0, 1]);
  });
});

describe('other deployments', () => {
  test('behind a load balancer there is one pool, no monitor, and every connection names its service', async () => {
    const mongo = await start({ kind: 'loadBalanced' });
    const client = new MongoClient(mongo.url);
    open.push(client);
    const ready = once(client, 'connectionReady');
    await client.connect();
    await findOne(client);
    await ready;
    expect(mongo.nodes[0]!.connections).toBe(1);
  });

  test('by polling a standalone server is asked by one monitor, by streaming by two', async () => {
    const mongo = await start({ kind: 'standalone' });
    const [node] = mongo.nodes;
    const client = await connect(mongo, { serverMonitoringMode: 'poll' });
    await findOne(client);
    expect(node!.accepted).toBe(2);
  });
});

describe('an exact fault', () => {
  test('a handshake takes as long as the test wants: so long the operation waits', async () => {
    const mongo = await start();
    const [node] = mongo.nodes;
    const client = await connect(mongo);
    const finds = node!.hold('find');
    const first = findOne(client);
    await finds.until(1);
    const handshakes = node!.hold('hello');
    const second = findOne(client);
    await handshakes.until(1);
    expect(node!.count('find')).toBe(1);
    handshakes.release();
    await finds.until(2);
    finds.release();
    await expect(Promise.all([first, second])).resolves.toHaveLength(2);
  });

  test('a held reply comes when it is let go, one by one, in their order', async () => {
    const mongo = await start();
    const [node] = mongo.nodes;
    const client = await connect(mongo);
    const held = node!.hold('find');
    const answered: number[] = [];
    const finds: Promise<unknown>[] = [];
    for (const i of [1, 2, 3]) {
      finds.push(findOne(client).then(() => answered.push(i)));
      await held.until(i);
    }
    expect(answered).toEqual([]);
    held.next(1);
    await finds[0];
    expect(answered).toEqual([1]);
    held.release();
    await Promise.all(finds);
    expect(answered).toEqual([1, 2, 3]);
  });

  test('an aborted read closes its socket while the server still works on it', async () => {
    const mongo = await start();
    const [node] = mongo.nodes;
    const client = await connect(mongo);
    const held = node!.hold('find');
    const controller = new AbortController();
    const found = findOne(client, { signal: controller.signal });
    await held.until(1);
    controller.abort(new Error('changed my mind'));
    await expect(found).rejects.toThrow('changed my mind');
    await expect.poll(() => held.requests.length).toBe(0);
  });

  test.each([1, 15, 16, 20, 21, 30])(
    'a reply that breaks off after %i bytes is a network error',
    async (bytes) => {
      const mongo = await start();
      const [node] = mongo.nodes;
      const client = await connect(mongo);
      await findOne(client);
      node!.breakAfter('find', bytes);
      const failure = findOne(client).catch((error: unknown) => error);
      await expect.poll(() => node!.count('find')).toBe(2);
      node!.cut();
      expect(await failure).toBeInstanceOf(MongoNetworkError);
      await expect(findOne(client)).resolves.toMatchObject({ value: 1 });
    },
  );

  test('an answer can be made of the request', async () => {
    const mongo = await start({
      answers: { insert: ({ command }) => ({ n: (command['documents'] as unknown[]).length, ok: 1 }) },
    });
    const client = await connect(mongo);
    const { insertedCount } = await client.db('a').collection('b').insertMany([{}, {}, {}]);
    expect(insertedCount).toBe(3);
  });
});
