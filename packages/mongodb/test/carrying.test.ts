import {
  Admin,
  Collection,
  Db,
  MongoError,
  type CommandStartedEvent,
  type Document,
  type MongoClient,
} from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_RULES, COLLECTION_RULES, DB_RULES, type Rules } from '../src/carrying.ts';
import type { MongoLease } from '../src/index.ts';
import { openPool, type TestPool } from './support/pool.ts';

let setup: TestPool;
const commands: CommandStartedEvent[] = [];

beforeAll(async () => {
  setup = await openPool({ driver: { monitorCommands: true, retryReads: false, retryWrites: false } });
  await setup.pool.ready();
  setup.pool.client.on('commandStarted', (event) => void commands.push(event));
  await setup.pool.use((lease) => lease.collection('carried').insertOne({ n: 1 }));
});
afterAll(() => setup.end());

/** Own and inherited methods of a class of the driver, as they are at run time. */
function methodsOf(prototype: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => name)
    .toSorted();
}

describe('the tables', () => {
  // `db` is a property. What a driver has beyond the table is a method that would lose its session unnoticed.
  test.each([
    ['Collection', Collection.prototype, COLLECTION_RULES],
    ['Db', Db.prototype, DB_RULES],
    ['Admin', Admin.prototype, ADMIN_RULES],
  ])('name every method of %s of the installed driver, and no other', (_, prototype, rules: Rules) => {
    const named = Object.keys(rules).filter((name) => name !== 'db');

    expect(named.toSorted()).toEqual(methodsOf(prototype));
  });

  test('say of each method how it carries the session, what it makes, or why it cannot', () => {
    for (const rules of [COLLECTION_RULES, DB_RULES, ADMIN_RULES] as Rules[]) {
      for (const [name, rule] of Object.entries(rules))
        expect([name, Object.keys(rule).length > 0]).toEqual([name, true]);
    }
  });
});

type Call = (lease: MongoLease) => unknown;

const collection = (call: (c: Collection) => unknown): Call => {
  return (lease) => call(lease.collection('carried'));
};
const db = (call: (d: Db) => unknown): Call => {
  return (lease) => call(lease.db());
};
const admin = (call: (a: Admin) => unknown): Call => {
  return (lease) => call(lease.db().admin());
};

// One call of each, with the fewest arguments it takes: then the options are where nobody put any.
const COLLECTION_CALLS: Record<keyof typeof COLLECTION_RULES, Call> = {
  aggregate: collection((c) => c.aggregate().toArray()),
  bulkWrite: collection((c) => c.bulkWrite([{ insertOne: { document: { n: 2 } } }])),
  count: collection((c) => c.count()),
  countDocuments: collection((c) => c.countDocuments()),
  createIndex: collection((c) => c.createIndex({ n: 1 })),
  createIndexes: collection((c) => c.createIndexes([{ key: { m: 1 } }])),
  createSearchIndex: collection((c) => c.createSearchIndex({ definition: {} })),
  createSearchIndexes: collection((c) => c.createSearchIndexes([{ definition: {} }])),
  db: collection((c) => c.db.command({ ping: 1 })),
  deleteMany: collection((c) => c.deleteMany()),
  deleteOne: collection((c) => c.deleteOne()),
  distinct: collection((c) => c.distinct('n')),
  drop: collection((c) => c.drop()),
  dropIndex: collection((c) => c.dropIndex('n_1')),
  dropIndexes: collection((c) => c.dropIndexes()),
  dropSearchIndex: collection((c) => c.dropSearchIndex('none')),
  estimatedDocumentCount: collection((c) => c.estimatedDocumentCount()),
  find: collection((c) => c.find().toArray()),
  findOne: collection((c) => c.findOne()),
  findOneAndDelete: collection((c) => c.findOneAndDelete({ n: 9 })),
  findOneAndReplace: collection((c) => c.findOneAndReplace({ n: 9 }, { n: 9 })),
  findOneAndUpdate: collection((c) => c.findOneAndUpdate({ n: 9 }, { $set: { n: 9 } })),
  indexExists: collection((c) => c.indexExists('n_1')),
  indexInformation: collection((c) => c.indexInformation()),
  indexes: collection((c) => c.indexes()),
  initializeOrderedBulkOp: collection((c) => c.initializeOrderedBulkOp().insert({ n: 3 }).execute()),
  initializeUnorderedBulkOp: collection((c) => c.initializeUnorderedBulkOp().insert({ n: 3 }).execute()),
  insertMany: collection((c) => c.insertMany([{ n: 4 }])),
  insertOne: collection((c) => c.insertOne({ n: 5 })),
  isCapped: collection((c) => c.isCapped()),
  listIndexes: collection((c) => c.listIndexes().toArray()),
  listSearchIndexes: collection((c) => c.listSearchIndexes().toArray()),
  options: collection((c) => c.options()),
  rename: collection((c) => c.rename('carried')),
  replaceOne: collection((c) => c.replaceOne({ n: 9 }, { n: 9 })),
  updateMany: collection((c) => c.updateMany({ n: 9 }, { $set: { n: 9 } })),
  updateOne: collection((c) => c.updateOne({ n: 9 }, { $set: { n: 9 } })),
  updateSearchIndex: collection((c) => c.updateSearchIndex('none', {})),
  watch: collection((c) => c.watch().tryNext()),
};

const DB_CALLS: Record<keyof typeof DB_RULES, Call> = {
  admin: db((d) => d.admin().ping()),
  aggregate: db((d) => d.aggregate([{ $documents: [] }]).toArray()),
  collection: db((d) => d.collection('carried').findOne()),
  collections: db(async (d) => {
    for (const each of await d.collections()) await each.findOne();
  }),
  command: db((d) => d.command({ ping: 1 })),
  createCollection: db(async (d) => (await d.createCollection(`made_${Math.random()}`)).findOne()),
  createIndex: db((d) => d.createIndex('carried', { n: 1 })),
  dropCollection: db((d) => d.dropCollection('nowhere')),
  dropDatabase: db((d) => d.dropDatabase()),
  indexInformation: db((d) => d.indexInformation('carried')),
  listCollections: db((d) => d.listCollections().toArray()),
  profilingLevel: db((d) => d.profilingLevel()),
  removeUser: db((d) => d.removeUser('nobody')),
  renameCollection: db((d) => d.renameCollection('carried', 'carried')),
  runCursorCommand: db((d) => d.runCursorCommand({ find: 'carried' }).toArray()),
  setProfilingLevel: db((d) => d.setProfilingLevel('off')),
  stats: db((d) => d.stats()),
  watch: db((d) => d.watch().tryNext()),
};

const ADMIN_CALLS: Record<keyof typeof ADMIN_RULES, Call> = {
  buildInfo: admin((a) => a.buildInfo()),
  command: admin((a) => a.command({ ping: 1 })),
  listDatabases: admin((a) => a.listDatabases()),
  ping: admin((a) => a.ping()),
  removeUser: admin((a) => a.removeUser('nobody')),
  replSetGetStatus: admin((a) => a.replSetGetStatus()),
  serverInfo: admin((a) => a.serverInfo()),
  serverStatus: admin((a) => a.serverStatus()),
  validateCollection: admin((a) => a.validateCollection('carried')),
};

/** The sessions of the commands that the call sends, whatever the server makes of them. */
async function sent(call: Call): Promise<{ own: string; lsids: string[] }> {
  return setup.pool.use(async (lease) => {
    // First: an operation without it leaves a session of the driver's own to be found.
    const own = idOf(lease.session);
    commands.length = 0;
    await Promise.resolve(call(lease)).catch((error: unknown) => {
      // This server knows not all commands; the driver sends them first.
      if (!(error instanceof MongoError)) throw error;
    });
    return { own, lsids: commands.map(({ command }) => idOf(command['lsid'])) };
  });
}

function idOf(session: Document | undefined): string {
  return session?.['id']?.id?.toString('hex') ?? session?.['id']?.toString('hex') ?? 'none';
}

const isCarried = (rules: Rules, name: string): boolean => rules[name]!.exception === undefined;

describe('a call through a lease sends the session of the lease in every command', () => {
  for (const [owner, rules, calls] of [
    ['Collection', COLLECTION_RULES, COLLECTION_CALLS],
    ['Db', DB_RULES, DB_CALLS],
    ['Admin', ADMIN_RULES, ADMIN_CALLS],
  ] as [string, Rules, Record<string, Call>][]) {
    const names = Object.keys(calls);
    test.each(names.filter((name) => isCarried(rules, name)))(`${owner}: %s`, async (name) => {
      const { own, lsids } = await sent(calls[name]!);

      expect(lsids.length).toBeGreaterThan(0);
      expect(new Set(lsids)).toEqual(new Set([own]));
    });
    const exceptions = names.filter((name) => !isCarried(rules, name));
    if (exceptions.length === 0) continue;
    test.each(exceptions)(`${owner}: %s is an exception, and indeed does not`, async (name) => {
      const { own, lsids } = await sent(calls[name]!);

      expect(lsids).not.toContain(own);
    });
  }
});

describe('what is carried', () => {
  test('is an instance of the driver’s own classes', async () => {
    await setup.pool.use((lease) => {
      expect(lease.db()).toBeInstanceOf(Db);
      expect(lease.collection('carried')).toBeInstanceOf(Collection);
      expect(lease.db().admin()).toBeInstanceOf(Admin);
    });
  });

  test('lets the caller’s own session go before', async () => {
    const client: MongoClient = setup.pool.client;
    await client.withSession(async (session) => {
      const own = idOf(session);
      const { lsids } = await sent(collection((c) => c.findOne({}, { session })));

      expect(lsids).toEqual([own]);
    });
  });

  test('keeps the caller’s other options', async () => {
    await sent(collection((c) => c.find({}, { batchSize: 7, comment: 'mine' }).toArray()));

    expect(commands[0]?.command).toMatchObject({ batchSize: 7, comment: 'mine' });
  });

  test('takes options in the place of a pipeline that is left out, as the driver does', async () => {
    const { own, lsids } = await sent(collection((c) => c.watch({ comment: 'mine' } as never).tryNext()));

    expect(lsids).toContain(own);
    expect(commands[0]?.command).toMatchObject({ comment: 'mine' });
  });
});
