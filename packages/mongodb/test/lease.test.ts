import { Timestamp, MongoExpiredSessionError } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LeaseEndedError, type MongoLease } from '../src/index.ts';
import { openPool, type TestPool } from './support/pool.ts';
import { failureOf } from './support/until.ts';

const CURSOR_NOT_FOUND = 43;

let setup: TestPool;
const reported: unknown[] = [];
beforeAll(async () => {
  // One permit: the next borrower gets the very same one.
  setup = await openPool({ pool: { max: 1 } });
  setup.pool.on('error', ({ error }) => void reported.push(error));
  await setup.pool.use((lease) => lease.collection('things').insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]));
});
afterAll(() => setup.end());

/** The server session of a lease whose work ends well, or throws. */
async function sessionOf(isToFail: boolean): Promise<string> {
  let id = '';
  const work = setup.pool.use(({ session }) => {
    id = String(session.id?.id.toString('hex'));
    if (isToFail) throw new Error('the work fails');
  });
  await work.catch(() => undefined);
  return id;
}

async function lend(): Promise<MongoLease> {
  return setup.pool.acquire();
}

describe('a session is never shared between borrowers', () => {
  test('R2: each lease has a new one, although the permit is the same', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 3 }, () => setup.pool.use((lease) => lease.session)),
    );

    expect(new Set(sessions).size).toBe(3);
    expect(setup.pool.metrics().counters.created).toBe(1);
    expect(sessions.map(({ hasEnded }) => hasEnded)).toEqual([true, true, true]);
  });

  test('none is leaked: any number of leases, one after the other, use one session of the server', async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 200; n++) ids.add(await sessionOf(n % 2 === 0));

    expect(ids.size).toBe(1);
  });

  test('R2: within a lease it is one', async () => {
    await setup.pool.use((lease) => expect(lease.session).toBe(lease.session));
  });

  test('R2: the times and the defaults that a borrower left are not the next one’s', async () => {
    await setup.pool.use(async (lease) => {
      await lease.collection('things').findOne();
      lease.session.advanceOperationTime(new Timestamp({ t: 4_000_000_000, i: 1 }));
      lease.session.defaultTransactionOptions = { readConcern: { level: 'majority' }, maxCommitTimeMS: 1 };
      expect(lease.session.clusterTime).toBeDefined();
    });

    await setup.pool.use(({ session }) => {
      expect(session).toMatchObject({ operationTime: undefined, clusterTime: undefined });
      expect(session.defaultTransactionOptions).toEqual({});
      expect(session.inTransaction()).toBe(false);
    });
  });

  test('R2: a transaction that was left open is aborted, reported, and not the next one’s', async () => {
    reported.length = 0;
    const lease = await lend();
    lease.session.startTransaction();
    await lease.collection('things').insertOne({ left: true });
    lease.release();

    await setup.pool.use(async (next) => {
      expect(next.session.inTransaction()).toBe(false);
      expect(await next.collection('things').countDocuments({ left: true })).toBe(0);
    });
    expect(String(reported)).toMatch(/transaction open/);
    expect(setup.pool.metrics().counters.created).toBe(1);
    expect(setup.pool.metrics().mongodb.abandonedTransactions).toBe(1);
  });

  test('P10: the release of a clean session hands the permit on in the same tick', async () => {
    const lease = await lend();
    await lease.collection('things').findOne();
    lease.release();

    expect(setup.pool.stats()).toMatchObject({ leased: 0, idle: 1, resetting: 0 });
  });
});

describe('what is left behind', () => {
  test('a cursor is closed at the server, and reported', async () => {
    const lease = await lend();
    const cursor = lease.collection('things').find({}, { batchSize: 1 });
    await cursor.next();
    const { id } = cursor;
    reported.length = 0;
    lease.release();
    const more = setup.pool.run({ getMore: id, collection: 'things' });

    expect(await failureOf(more)).toMatchObject({ code: CURSOR_NOT_FOUND });
    expect(cursor.killed).toBe(true);
    expect(String(reported)).toMatch(/1 cursors open/);
    expect(setup.pool.metrics().mongodb.abandonedCursors).toBe(1);
  });

  test('a cursor that was read to its end, or closed, is no leak', async () => {
    reported.length = 0;
    await setup.pool.use(async (lease) => {
      await lease.collection('things').find({}, { batchSize: 1 }).toArray();
      const cursor = lease.collection('things').find({}, { batchSize: 1 });
      await cursor.next();
      await cursor.close();
    });

    expect(reported).toEqual([]);
  });

  test('P9: a session kept beyond its lease is of no use', async () => {
    const session = await setup.pool.use((lease) => lease.session);
    const late = setup.pool.client.db().collection('things').findOne({}, { session });

    expect(await failureOf(late)).toBeInstanceOf(MongoExpiredSessionError);
  });

  test('P9: a collection kept beyond its lease sends nothing, and rejects', async () => {
    const { collection, database } = await setup.pool.use((lease) => ({
      collection: lease.collection('things'),
      database: lease.db(),
    }));
    const misused = setup.pool.metrics().counters.misused;

    expect(await failureOf(collection.findOne())).toBeInstanceOf(LeaseEndedError);
    expect(await failureOf(database.command({ ping: 1 }))).toBeInstanceOf(LeaseEndedError);
    expect(() => collection.find()).toThrow(LeaseEndedError);
    expect(setup.pool.metrics().counters.misused).toBe(misused + 3);
  });

  test('P9: nothing of an ended lease can be reached', async () => {
    const lease = await lend();
    lease.release();

    for (const use of [
      () => lease.session,
      () => lease.client,
      () => lease.connection,
      () => lease.db(),
      () => lease.collection('things'),
    ])
      expect(use).toThrow(LeaseEndedError);
    expect(await failureOf(lease.withTransaction(() => undefined))).toBeInstanceOf(LeaseEndedError);
  });

  test('P18: a lease that is never given back is told of with its label, and taken back', async () => {
    const own = await openPool({ pool: { max: 1, leakThresholdMs: 50, maxLeaseMs: 2_000 } });
    const overdue: unknown[] = [];
    own.pool.on('lease:overdue', (event) => void overdue.push(event));
    own.pool.on('error', () => undefined);
    const lease = await own.pool.acquire({ label: 'forgetful' });
    const { session, signal } = lease;
    session.startTransaction();
    await lease.collection('things').insertOne({ left: true });
    // The next caller waits for it to be taken back.
    const count = await own.pool.use((next) => next.collection('things').countDocuments());

    expect(overdue).toMatchObject([
      { label: 'forgetful', reclaimed: false },
      { label: 'forgetful', reclaimed: true },
    ]);
    expect([lease.isEnded, session.hasEnded, signal.aborted, count]).toEqual([true, true, true, 0]);
    lease.release();
    await own.end();
  });
});
