// Change streams are what the test servers that can be had everywhere do not have: here one is spoken, word for word.
import { startScriptedMongo, type ScriptedMongo } from '@pool/testbed/mongodb/scripted';
import { Int32, type ChangeStreamInsertDocument, type Document } from 'mongodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMongoPool, type MongoPool } from '../src/index.ts';
import { failureOf, until } from './support/until.ts';

interface Order extends Document {
  n: number;
}

let mongo: ScriptedMongo;
let pool: MongoPool;
const asked: Document[] = [];

const change = (n: number): Document => ({
  _id: { _data: `token ${n}` },
  operationType: 'insert',
  ns: { db: 'shop', coll: 'orders' },
  documentKey: { _id: n },
  fullDocument: { _id: n, n },
});

function batch(name: 'firstBatch' | 'nextBatch', changes: Document[]): Document {
  return {
    cursor: { id: 7n, ns: 'shop.orders', [name]: changes, postBatchResumeToken: { _data: 'token' } },
    ok: 1,
  };
}

beforeEach(async () => {
  asked.length = 0;
  let next = 2;
  mongo = await startScriptedMongo({
    answers: {
      aggregate: ({ command }) => {
        asked.push(command);
        return batch('firstBatch', [change(1)]);
      },
      getMore: () => batch('nextBatch', [change(next++)]),
      killCursors: ({ command }) => {
        asked.push(command);
        return { cursorsKilled: [7n], ok: 1 };
      },
    },
  });
  pool = createMongoPool({ connection: mongo.url.replace('/?', '/shop?'), pool: { max: 2 } });
});
afterEach(async () => {
  await pool.close();
  await mongo.stop();
});

test('P9: watch gives change by change, holds its lease meanwhile, and ends the stream at the server', async () => {
  const seen: unknown[] = [];
  const changes = pool.watch<Order>([{ $match: { operationType: 'insert' } }], { collection: 'orders' });
  for await (const each of changes) {
    seen.push((each as ChangeStreamInsertDocument<Order>).fullDocument.n);
    expect(pool.stats().leased).toBe(1);
    if (seen.length === 3) break;
  }

  expect(seen).toEqual([1, 2, 3]);
  expect(pool.stats().leased).toBe(0);
  const [aggregate, killCursors] = asked;
  expect(aggregate).toMatchObject({
    aggregate: 'orders',
    pipeline: [{ $changeStream: {} }, { $match: { operationType: 'insert' } }],
    lsid: expect.anything(),
  });
  expect(killCursors).toMatchObject({ killCursors: 'orders' });
});

test('watch without a collection is of the whole database', async () => {
  for await (const each of pool.watch()) {
    expect(each.operationType).toBe('insert');
    break;
  }

  expect(asked[0]).toMatchObject({ aggregate: new Int32(1), $db: 'shop' });
});

test('a change stream that a lease leaves open is closed with it', async () => {
  pool.on('error', () => undefined);
  await pool.use(async (lease) => {
    await lease.collection('orders').watch().next();
  });

  await until('it is closed at the server', () => asked.some((command) => 'killCursors' in command));
  expect(pool.metrics().mongodb.abandonedCursors).toBe(1);
});

test('P6: an aborted watch ends with the signal’s own reason, and its lease with it', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const held = mongo.nodes[0]!.hold('getMore');
  const changes = pool.watch([], { signal: controller.signal });
  await changes.next();
  const next = failureOf(changes.next());
  await held.until(1);
  controller.abort(reason);

  expect(await next).toBe(reason);
  held.release();
  await until('its lease is over', () => pool.stats().leased === 0);
});
