import { asc, eq, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { pgTable, serial, text } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, openFixture, PID } from './support/pool.ts';

const account = pgTable('account', { id: serial('id').primaryKey(), name: text('name').notNull() });

let fixture: Fixture;
let db: NodePgDatabase;
beforeAll(async () => {
  fixture = await openFixture();
  db = drizzle({ client: fixture.pool });
});
beforeEach(async () => void (await db.delete(account)));
afterAll(() => fixture[Symbol.asyncDispose]());

const pidOf = async (source: Pick<NodePgDatabase, 'execute'>): Promise<unknown> => {
  const { rows } = await source.execute(sql.raw(PID));
  return rows[0]?.['pid'];
};

it('Drizzle queries, prepares, and maps what it reads', async () => {
  const [ada] = await db.insert(account).values({ name: 'ada' }).returning();
  const byName = db
    .select()
    .from(account)
    .where(eq(account.name, sql.placeholder('name')))
    .prepare('by_name');
  expect(await byName.execute({ name: 'ada' })).toEqual([ada]);
  expect(await byName.execute({ name: 'bob' })).toEqual([]);
});

it('Drizzle runs a transaction on one connection, savepoints and all, and nothing remains when it throws', async () => {
  const pids = new Set<unknown>();
  const work = db.transaction(async (tx) => {
    pids.add(await pidOf(tx));
    await tx.insert(account).values({ name: 'bob' });
    await tx.transaction(async (nested) => {
      pids.add(await pidOf(nested));
    });
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(pids.size).toBe(1);
  expect(await db.select().from(account)).toEqual([]);
  await db.transaction((tx) => tx.insert(account).values({ name: 'cyd' }), {
    isolationLevel: 'serializable',
  });
  expect(await db.select({ name: account.name }).from(account).orderBy(asc(account.id))).toEqual([
    { name: 'cyd' },
  ]);
  expect(fixture.pool.core.stats().leased).toBe(0);
});

it('Drizzle on a borrowed client takes it for a client, and not for a pool', async () => {
  const client = await fixture.pool.connect();
  const pids = new Set<unknown>([(await client.query<{ pid: number }>(PID)).rows[0]?.pid]);
  try {
    await drizzle({ client }).transaction(async (tx) => {
      pids.add(await pidOf(tx));
    });
  } finally {
    client.release();
  }
  expect(pids.size).toBe(1);
});

it('Drizzle keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const transaction = (): Promise<unknown> =>
    db.transaction(async (tx) => {
      await pidOf(tx);
      await meet();
      return pidOf(tx);
    });
  expect(new Set(await Promise.all([transaction(), transaction(), transaction()])).size).toBe(3);
});

it('Drizzle loses its client when BEGIN fails, and the pool does not lose the place', async () => {
  // drizzle-orm 0.45 does not release a client whose BEGIN fails: here its connection has died in between.
  fixture.pool.once('acquire', (client) => void client.connection.stream.destroy());
  await expect(db.transaction(async () => 'never reached')).rejects.toBeInstanceOf(Error);
  await expect.poll(() => fixture.pool.core.stats().leased).toBe(0);
  expect(await Promise.all(Array.from({ length: 6 }, () => pidOf(db)))).toHaveLength(6);
});
