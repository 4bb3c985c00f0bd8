// Mongoose 9 on the pool's client, and the pool on Mongoose's.
import { createRequire } from 'node:module';
import { createPool } from '@pool/core';
import { freshDatabase, type MongoDatabase } from '@pool/testbed/mongodb';
import { MongoClient } from 'mongodb';
import mongoose, { Schema, type Connection, type Types } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createMongoPool,
  mongoFactory,
  observeMongoClient,
  OptionError,
  type MongoPool,
} from '../src/index.ts';
import { failureOf, until } from './support/until.ts';

interface Owner {
  name: string;
}

interface Account {
  owner: Types.ObjectId;
  cents: number;
}

const ownerSchema = new Schema<Owner>({ name: { type: String, required: true } });
const accountSchema = new Schema<Account>({
  owner: { type: Schema.Types.ObjectId, ref: 'Owner', required: true },
  cents: { type: Number, min: 0, required: true },
});

const modelsOf = (connection: Connection) => ({
  Owners: connection.model('Owner', ownerSchema),
  Accounts: connection.model('Account', accountSchema),
});

/** Mongoose does this, and does not declare it. */
const WITHOUT_CLIENT = { skipCloseClient: true } as unknown as boolean;

let database: MongoDatabase;
let admin: MongoClient;
let count = 0;

beforeAll(async () => {
  database = await freshDatabase();
  admin = await new MongoClient(database.url).connect();
});

afterAll(async () => {
  await admin.close();
  await database.drop();
});

/** A name for each test: the server counts its sockets by it. */
function named(): { url: string; appName: string } {
  const appName = `mongoose-${++count}`;
  return { url: `${database.url}&appName=${appName}`, appName };
}

/** As the server counts them, monitors included. */
async function socketsAtServer(appName: string): Promise<number> {
  const pipeline = [{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { appName } }];
  return (await admin.db('admin').aggregate(pipeline).toArray()).length;
}

const untilNoSocket = (appName: string): Promise<void> =>
  until('the server has no socket of it', async () => (await socketsAtServer(appName)) === 0);

describe('Mongoose on the client of the pool', () => {
  let pool: MongoPool;
  let connection: Connection;
  let appName: string;
  let models: ReturnType<typeof modelsOf>;

  beforeEach(async () => {
    const client = named();
    appName = client.appName;
    pool = createMongoPool({ connection: client.url, pool: { max: 4 } });
    await pool.ready();
    connection = mongoose.createConnection().setClient(pool.clientFor(mongoose));
    models = modelsOf(connection);
    await Promise.all([models.Owners.init(), models.Accounts.init()]);
  });

  afterEach(async () => {
    await connection.close(WITHOUT_CLIENT);
    await pool.close();
  });

  async function openAccount(name: string, cents: number) {
    const { _id: owner } = await models.Owners.create({ name });
    return models.Accounts.create({ owner, cents });
  }

  test('its queries run on the sockets that the pool counts, and take no lease', async () => {
    const { counters } = pool.metrics();
    const { _id } = await openAccount('Ada', 100);
    expect(await models.Accounts.findById(_id).lean()).toMatchObject({ cents: 100 });
    const checkOuts = Object.values(pool.metrics().sockets).map(({ checkOutMs }) => checkOutMs.count);
    expect(Math.max(...checkOuts)).toBeGreaterThanOrEqual(3);
    expect(pool.metrics().counters).toEqual(counters);
    // There is no second client: up to four sockets and the two of the monitor are all that the server has.
    expect(await socketsAtServer(appName)).toBeLessThanOrEqual(4 + 2);
  });

  test('a query takes the session of a lease', async () => {
    const { _id } = await openAccount('Ada', 100);
    await pool.use(async ({ session }) => {
      expect(await models.Accounts.findById(_id).session(session)).toMatchObject({ cents: 100 });
      expect(session.operationTime).toBeDefined();
      expect(pool.stats().leased).toBe(1);
    });
  });

  test('a transaction of the pool covers what Mongoose does with its session, in both of its ends', async () => {
    const ada = await openAccount('Ada', 100);
    const bob = await openAccount('Bob', 0);
    const transfer = (cents: number) =>
      pool.transaction(async ({ session }) => {
        const from = await models.Accounts.findById(ada.id).session(session).orFail();
        const to = await models.Accounts.findById(bob.id).session(session).orFail();
        from.cents -= cents;
        to.cents += cents;
        await to.save({ session });
        await from.save({ session });
      });
    await transfer(30);
    expect(await failureOf(transfer(100))).toBeInstanceOf(mongoose.Error.ValidationError);
    const both = await models.Accounts.find({ _id: { $in: [ada.id, bob.id] } }).sort({ cents: 1 });
    expect(both.map(({ cents }) => cents)).toEqual([30, 70]);
    expect(pool.stats().leased).toBe(0);
  });

  test('populate inside a transaction sees what the transaction wrote, and nobody else does', async () => {
    await pool.transaction(async ({ session }) => {
      const [owner] = await models.Owners.create([{ name: 'Eve' }], { session });
      const [account] = await models.Accounts.create([{ owner: owner!.id, cents: 1 }], { session });
      const read = await models.Accounts.findById(account!.id)
        .session(session)
        .populate<{ owner: Owner }>('owner')
        .orFail();
      expect(read.owner.name).toBe('Eve');
      expect(await models.Owners.findOne({ name: 'Eve' })).toBeNull();
    });
    expect(await models.Owners.countDocuments({ name: 'Eve' })).toBe(1);
  });

  test('Mongoose’s own transaction() works on the shared client, too', async () => {
    const account = await openAccount('Ada', 100);
    const error = new Error('no');
    const failed = connection.transaction(async (session) => {
      await models.Accounts.updateOne({ _id: account.id }, { cents: 1 }, { session });
      throw error;
    });
    expect(await failureOf(failed)).toBe(error);
    expect(await models.Accounts.findById(account.id)).toMatchObject({ cents: 100 });
  });

  test('closed without its client, Mongoose leaves the pool working, whose close() then leaves no socket', async () => {
    await openAccount('Ada', 100);
    await connection.close(WITHOUT_CLIENT);
    expect(await pool.run({ ping: 1 })).toMatchObject({ ok: 1 });
    expect(await socketsAtServer(appName)).toBeGreaterThan(0);
    await pool.close();
    await untilNoSocket(appName);
  });

  test('closed after the pool, Mongoose finds nothing left to close', async () => {
    await openAccount('Ada', 100);
    await pool.close();
    await connection.close();
    expect(connection.readyState).toBe(mongoose.ConnectionStates.disconnected);
    await untilNoSocket(appName);
  });

  test('close() of the pool waits for the lease on which Mongoose works', async () => {
    const { _id } = await openAccount('Ada', 100);
    const lent = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const work = pool.use(async ({ session }) => {
      lent.resolve();
      await goOn.promise;
      return models.Accounts.findById(_id).session(session);
    });
    await lent.promise;
    const closed = pool.close();
    goOn.resolve();
    expect(await work).toMatchObject({ cents: 100 });
    await closed;
  });
});

describe('the pool on the client of Mongoose', () => {
  let connection: Connection;
  let appName: string;

  beforeEach(async () => {
    const client = named();
    appName = client.appName;
    connection = await mongoose.createConnection(client.url, { maxPoolSize: 3 }).asPromise();
  });

  afterEach(() => connection.close());

  test('takes its bound from the client, and leaves it open when it closes', async () => {
    const { Owners } = modelsOf(connection);
    const pool = createMongoPool({ client: connection.getClient() });
    expect(pool.stats().max).toBe(3);
    await pool.transaction(async ({ session }) => void (await Owners.create([{ name: 'Ada' }], { session })));
    await pool.close();
    expect(connection.readyState).toBe(mongoose.ConnectionStates.connected);
    expect(await Owners.exists({ name: 'Ada' })).not.toBeNull();
    await connection.close();
    await untilNoSocket(appName);
  });

  test('mongoFactory lends permits whose sessions Mongoose takes', async () => {
    const { Owners } = modelsOf(connection);
    await using pool = createPool(mongoFactory({ client: connection.getClient() }), { max: 2 });
    await pool.use(async ({ session }) => {
      await Owners.create([{ name: 'Joan' }], { session });
      expect(await Owners.findOne({ name: 'Joan' }).session(session)).toMatchObject({ name: 'Joan' });
    });
  });

  test('observeMongoClient counts Mongoose’s sockets without a pool', async () => {
    const observation = observeMongoClient(connection.getClient());
    await modelsOf(connection).Owners.findOne();
    const [sockets] = Object.values(observation.metrics());
    expect(sockets?.checkOutMs.count).toBeGreaterThan(0);
    observation.stop();
  });
});

/** The package once more, as npm installs it when versions do not agree: other classes from the same files. */
function secondCopy(name: string, files: RegExp): unknown {
  const require = createRequire(import.meta.url);
  const loaded = (): string[] => Object.keys(require.cache).filter((path) => files.test(path));
  const first = loaded().map((path) => [path, require.cache[path]] as const);
  for (const path of loaded()) delete require.cache[path];
  const copy: unknown = require(name);
  for (const path of loaded()) delete require.cache[path];
  for (const [path, module] of first) require.cache[path] = module;
  return copy;
}

describe('a second copy of the driver', () => {
  test('whose client is to be adopted is refused and named', () => {
    const other = secondCopy('mongodb', /node_modules\/mongodb\//) as { MongoClient: typeof MongoClient };
    const foreign = new other.MongoClient(database.url);
    expect(foreign).not.toBeInstanceOf(MongoClient);
    expect(() => createMongoPool({ client: foreign })).toThrow(OptionError);
    expect(() => createMongoPool({ client: foreign })).toThrow(/second copy.*npm ls mongodb/);
    expect(() => mongoFactory({ client: foreign })).toThrow(/second copy/);
  });

  test('that is Mongoose’s is refused and named, where Mongoose itself would say less', async () => {
    const other = secondCopy('mongoose', /node_modules\/(mongodb|mongoose)\//) as typeof mongoose;
    expect(other.mongo.MongoClient).not.toBe(MongoClient);
    await using pool = createMongoPool({ connection: database.url });
    await pool.ready();
    expect(() => pool.clientFor(other)).toThrow(OptionError);
    expect(() => pool.clientFor(other)).toThrow(/second copy.*npm ls mongodb/);
    expect(() => other.createConnection().setClient(pool.client)).toThrow('instance of MongoClient');
    expect(() => pool.clientFor({} as never)).toThrow(/the Mongoose module/);
  });
});
