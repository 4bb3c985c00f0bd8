import { describeAdapter } from '@pool/testbed';
import { Timestamp } from 'mongodb';
import { createMongoPool, type MongoLease, type MongoPool } from '../src/index.ts';
import { ENDLESS, isUnderWay, url } from './support/suite-database.ts';

const SOCKETS = "sockets are the driver's, a lease has none: see failover, network and close.test.ts";
const COMMENT = { comment: url };
const withWrongPassword = url.replace('mongodb://', 'mongodb://canary:s3cret@');

describeAdapter<MongoLease, MongoPool>({
  name: '@pool/mongodb',
  secret: 's3cret',
  differs: { network: SOCKETS, serverKill: SOCKETS, serverCount: SOCKETS, savepoints: 'MongoDB has none' },
  open: (pool) => createMongoPool({ connection: url, pool }),
  openRefused: (pool) => createMongoPool({ connection: withWrongPassword, pool }),
  echo: async (c, token) =>
    (
      await c
        .db()
        .aggregate([{ $documents: [{ token }] }])
        .next()
    )?.['token'],
  mistake: (c) => c.db().command({ nonsense: 1 }),
  session: {
    soil: async ({ session }) => session.advanceOperationTime(new Timestamp({ t: 4_000_000_000, i: 1 })),
    isClean: async ({ session }) => session.operationTime === undefined,
  },
  table: {
    insert: (c, value) => c.collection('texts').insertOne({ value }),
    values: async (c) =>
      (await c.collection<{ value: string }>('texts').find().toArray()).map((t) => t.value),
    begin: async ({ session }) => session.startTransaction(),
  },
  cancel: {
    run: (pool, signal) =>
      pool.use((c) => c.collection('rows').aggregate(ENDLESS, COMMENT).toArray(), { signal }),
    isRunning: () => isUnderWay(url),
  },
  stream: (pool, rows) => pool.cursor((c) => c.collection('rows').find({}, { batchSize: 100, limit: rows })),
});
