import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { MongoClient, type Collection, type MongoClientOptions, type MongoServerError } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  freshDatabase,
  startPrivateMongo,
  whyNoMongo,
  type PrivateMongo,
} from '../../src/servers/mongodb.ts';
import { say } from '../../src/servers/say.ts';

// The first time, the server is built or downloaded.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 900_000 });

const reason = process.env['CI'] === undefined ? await whyNoMongo() : undefined;
if (reason !== undefined) say(`NO MONGODB, ITS TESTS DO NOT RUN: ${reason}`);

interface Account {
  _id: number;
  balance: number;
}

const total = async (accounts: Collection<Account>): Promise<number> =>
  (await accounts.find().toArray()).reduce((sum, { balance }) => sum + balance, 0);

const failureOf = (work: Promise<unknown>): Promise<MongoServerError> =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: MongoServerError) => error,
  );

describe.skipIf(reason !== undefined)('a replica set of three', () => {
  let mongo: PrivateMongo;
  let client: MongoClient;
  let accounts: Collection<Account>;

  const connect = (options: MongoClientOptions = {}): Promise<MongoClient> =>
    new MongoClient(mongo.url, { serverSelectionTimeoutMS: 20_000, ...options }).connect();

  const admin = (command: object, at: MongoClient = client) => at.db('admin').command(command);

  const failCommand = (mode: object | string, data: object = {}) =>
    admin({ configureFailPoint: 'failCommand', mode, ...(mode !== 'off' && { data }) });

  beforeAll(async () => {
    mongo = await startPrivateMongo({ nodes: 3 });
    client = await connect({ appName: 'tests' });
  });

  afterAll(async () => {
    await client?.close();
    await mongo?.remove();
  });

  beforeEach(async () => {
    const { database } = await freshDatabase(mongo);
    accounts = client.db(database).collection('accounts');
    await accounts.insertMany(Array.from({ length: 8 }, (_, _id) => ({ _id, balance: 100 })));
  });

  test('a cursor brings every document once, page by page, and is gone when it is closed', async () => {
    const numbers = client.db(accounts.dbName).collection<{ _id: number }>('numbers');
    await numbers.insertMany(Array.from({ length: 250 }, (_, _id) => ({ _id })));
    const read = await numbers.find().sort({ _id: 1 }).batchSize(40).toArray();
    expect(read.map(({ _id }) => _id)).toEqual(Array.from({ length: 250 }, (_, i) => i));
    const cursor = numbers.find().batchSize(10);
    await cursor.next();
    const { id } = cursor;
    await cursor.close();
    const error = await failureOf(client.db(accounts.dbName).command({ getMore: id, collection: 'numbers' }));
    expect(error.codeName).toBe('CursorNotFound');
  });

  test('a duplicate of a unique key is refused with 11000, and the rest of the batch is written', async () => {
    const error = await failureOf(
      accounts.insertMany(
        [
          { _id: 7, balance: 1 },
          { _id: 8, balance: 1 },
        ],
        { ordered: false },
      ),
    );
    expect(error.code).toBe(11_000);
    expect(await accounts.countDocuments()).toBe(9);
  });

  test('a transaction sees the data of its begin, and nobody sees its own before the commit', async () => {
    await client.withSession(async (session) => {
      session.startTransaction();
      await accounts.findOne({ _id: 0 }, { session });
      await accounts.updateOne({ _id: 0 }, { $set: { balance: 1 } });
      expect(await accounts.findOne({ _id: 0 }, { session })).toMatchObject({ balance: 100 });
      await accounts.updateOne({ _id: 1 }, { $set: { balance: 2 } }, { session });
      expect(await accounts.findOne({ _id: 1 })).toMatchObject({ balance: 100 });
      await session.commitTransaction();
      // The answer to the first one might have been lost.
      await session.commitTransaction();
    });
    expect(await accounts.findOne({ _id: 1 })).toMatchObject({ balance: 2 });
  });

  test('of two transactions that write the same document the second one fails, and may be tried again', async () => {
    await client.withSession((one) =>
      client.withSession(async (other) => {
        one.startTransaction();
        other.startTransaction();
        await accounts.updateOne({ _id: 0 }, { $inc: { balance: 1 } }, { session: one });
        const error = await failureOf(
          accounts.updateOne({ _id: 0 }, { $inc: { balance: 1 } }, { session: other }),
        );
        expect(error.codeName).toBe('WriteConflict');
        expect(error.hasErrorLabel('TransientTransactionError')).toBe(true);
        await one.commitTransaction();
      }),
    );
    expect(await accounts.findOne({ _id: 0 })).toMatchObject({ balance: 101 });
  });

  test('64 transfers, 16 at once on 8 accounts, leave the total as it was', async () => {
    const transfer = (from: number, to: number): Promise<void> =>
      client.withSession((session) =>
        session.withTransaction(async () => {
          await accounts.updateOne({ _id: from }, { $inc: { balance: -10 } }, { session });
          await accounts.updateOne({ _id: to }, { $inc: { balance: 10 } }, { session });
        }),
      );
    const transferOften = async (first: number): Promise<void> => {
      for (let i = 0; i < 4; i++) await transfer((first + i) % 8, (first + 3 * i + 1) % 8);
    };
    await Promise.all(Array.from({ length: 16 }, (_, i) => transferOften(i)));
    expect(await total(accounts)).toBe(800);
  });

  test('a session that ends takes its open transaction along', async () => {
    await client.withSession(async (session) => {
      session.startTransaction();
      await accounts.updateOne({ _id: 0 }, { $set: { balance: 1 } }, { session });
    });
    expect(await accounts.findOne({ _id: 0 })).toMatchObject({ balance: 100 });
    await accounts.updateOne({ _id: 0 }, { $set: { balance: 2 } });
  });

  test('a write whose connection is lost is retried, and done once', async () => {
    await failCommand({ times: 1 }, { failCommands: ['insert'], closeConnection: true });
    await accounts.insertOne({ _id: 100, balance: 0 });
    expect(await accounts.countDocuments({ _id: 100 })).toBe(1);
  });

  test('a fail point fails what it names, for the application it names, as often as it is told to', async () => {
    const data = { failCommands: ['find'], errorCode: 2, appName: 'tests' };
    await failCommand({ times: 2 }, data);
    const other = await connect({ appName: 'another' });
    await other.db(accounts.dbName).collection('accounts').findOne();
    await other.close();
    expect(await failureOf(accounts.findOne())).toMatchObject({ code: 2 });
    expect(await failureOf(accounts.findOne())).toMatchObject({ code: 2 });
    expect(await accounts.findOne()).not.toBeNull();
    await failCommand('alwaysOn', data);
    await failCommand('off');
    expect(await accounts.findOne()).not.toBeNull();
  });

  test('maxTimeMS ends an operation that would go on', async () => {
    await failCommand({ times: 1 }, { failCommands: ['find'], blockConnection: true, blockTimeMS: 30_000 });
    expect(await failureOf(accounts.findOne({}, { maxTimeMS: 50 }))).toMatchObject({ code: 50 });
  });

  const running = (comment: string) =>
    client
      .db('admin')
      .aggregate([{ $currentOp: {} }, { $match: { 'command.comment': comment } }])
      .toArray();

  test('what runs is listed with its comment, and can be killed', async () => {
    await failCommand({ times: 1 }, { failCommands: ['find'], blockConnection: true, blockTimeMS: 30_000 });
    const failure = failureOf(accounts.findOne({}, { comment: 'slow' }));
    await expect.poll(() => running('slow')).toHaveLength(1);
    const [operation] = await running('slow');
    await admin({ killOp: 1, op: operation!['opid'] });
    expect(await failure).toMatchObject({ codeName: 'Interrupted' });
  });

  test('an operation whose client is gone does not go on', async () => {
    const controller = new AbortController();
    // A product of 10^9 documents: it would take minutes.
    const range = { $range: [0, 1000] };
    const unwound = ['a', 'b', 'c'].map((name) => ({ $unwind: `$${name}` }));
    const endless = [{ $project: { a: range, b: range, c: range } }, ...unwound, { $count: 'count' }];
    const { signal } = controller;
    const failure = failureOf(accounts.aggregate(endless, { signal, comment: 'endless' }).toArray());
    await expect.poll(() => running('endless')).toHaveLength(1);
    controller.abort(new Error('enough'));
    expect((await failure).message).toBe('enough');
    await expect.poll(() => running('endless'), { timeout: 20_000 }).toHaveLength(0);
  });

  test('a wrong password is refused, and the right one is not', async () => {
    await admin({ createUser: 'pool', pwd: 'a,b=c', roles: [] });
    const refused = await failureOf(connect({ auth: { username: 'pool', password: 'wrong' } }));
    expect(refused).toMatchObject({ codeName: 'AuthenticationFailed' });
    const known = await connect({ auth: { username: 'pool', password: 'a,b=c' } });
    await known.db('admin').command({ ping: 1 });
    await known.close();
    await admin({ dropUser: 'pool' });
  });

  test('after a step-down another node is primary, and a transaction under way is lost', async () => {
    const before = (await admin({ hello: 1 }))['primary'] as string;
    await client.withSession(async (session) => {
      session.startTransaction();
      await accounts.updateOne({ _id: 0 }, { $set: { balance: 1 } }, { session });
      await mongo.stepDown(10);
      const error = await failureOf(accounts.updateOne({ _id: 1 }, { $set: { balance: 1 } }, { session }));
      expect(error.hasErrorLabel('TransientTransactionError')).toBe(true);
    });
    await accounts.updateOne({ _id: 2 }, { $set: { balance: 1 } });
    expect((await admin({ hello: 1 }))['primary']).not.toBe(before);
    expect(await total(accounts)).toBe(701);
  });

  test('a node that is down refuses, the others go on, and it comes back on the same port', async () => {
    const primary = (await admin({ hello: 1 }))['primary'] as string;
    const node = mongo.nodes.find(({ address }) => address === primary)!;
    await node.stop();
    expect(await refuses(primary)).toBe(true);
    await expect
      .poll(() => accounts.insertOne({ _id: 200, balance: 0 }).then(() => 'written', String), {
        timeout: 20_000,
      })
      .toMatch(/written|E11000/);
    await node.start();
    expect(await refuses(primary)).toBe(false);
  });

  test('every socket can be cut at once, and the next operation finds a new one', async () => {
    await accounts.findOne();
    await mongo.cutConnections();
    await expect.poll(() => accounts.findOne().then(() => 'read', String), { timeout: 20_000 }).toBe('read');
  });

  test('paused it keeps its connections and answers nothing; resumed it goes on', async () => {
    let isAnswered = false;
    mongo.pause();
    const found = accounts.findOne().then(() => (isAnswered = true));
    const tcp = await refuses(mongo.nodes[0]!.address);
    expect(tcp).toBe(false);
    expect(isAnswered).toBe(false);
    mongo.resume();
    await found;
  });
});

describe.skipIf(reason !== undefined)('a single node', () => {
  test('that steps down leaves the set without a primary for as long as it says', async () => {
    const mongo = await startPrivateMongo();
    const client = await new MongoClient(mongo.url, { serverSelectionTimeoutMS: 20_000 }).connect();
    await client.db('test').collection('a').insertOne({});
    const start = performance.now();
    await mongo.stepDown(1);
    await client.db('test').collection('a').insertOne({});
    expect(performance.now() - start).toBeGreaterThan(900);
    await client.close();
    await mongo.remove();
  });

  test('does not outlive the process that started it, even one that is killed', async () => {
    const module = new URL('../../src/servers/mongodb.ts', import.meta.url).href;
    const program = `const { startPrivateMongo } = await import('${module}');
      const { nodes } = await startPrivateMongo();
      console.log(nodes[0].address);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const address = line.toString().trim();
    expect(await refuses(address)).toBe(false);
    child.kill('SIGKILL');
    await expect.poll(() => refuses(address), { timeout: 20_000 }).toBe(true);
  });

  test('two at the same time know nothing of each other, and leave no mount and no listener behind', async () => {
    const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
    const [one, other] = await Promise.all([startPrivateMongo(), startPrivateMongo()]);
    await using client = new MongoClient(one.url);
    await using stranger = new MongoClient(other.url);
    await client.db('test').collection('a').insertOne({});
    expect(await stranger.db('test').collection('a').countDocuments()).toBe(0);
    await Promise.all([one.remove(), other.remove()]);
    expect(await refuses(one.nodes[0]!.address)).toBe(true);
    expect(await readFile('/proc/mounts', 'utf8').catch(() => '')).toBe(mounts);
  });
});

function refuses(address: string): Promise<boolean> {
  const [host, port] = address.split(':') as [string, string];
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port: Number(port) });
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    socket.once('connect', () => socket.destroy());
  });
}
