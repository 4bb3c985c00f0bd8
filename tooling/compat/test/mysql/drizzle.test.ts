import { asc, eq, sql } from 'drizzle-orm';
import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, IDS, openFixture, PATIENCE } from './support/pool.ts';

const account = mysqlTable('account', {
  id: int('id').primaryKey().autoincrement(),
  name: varchar('name', { length: 40 }).notNull(),
});

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

describe.each(['promise', 'callback'] as const)('with the %s flavour', (flavour) => {
  const open = () => drizzle({ client: flavour === 'promise' ? fixture.pool : fixture.pool.pool });
  type Source = Pick<ReturnType<typeof open>, 'execute'>;
  const idOf = async (source: Source): Promise<unknown> => {
    const [rows] = await source.execute(sql.raw(IDS));
    return (rows as unknown as { id: number }[])[0]?.id;
  };
  beforeEach(() => open().delete(account));

  it('Drizzle queries, and prepares', async () => {
    const db = open();
    const [{ insertId }] = await db.insert(account).values({ name: 'ada' });
    expect(await db.select().from(account)).toEqual([{ id: insertId, name: 'ada' }]);
    const byName = db
      .select()
      .from(account)
      .where(eq(account.name, sql.placeholder('name')))
      .prepare();
    expect(await byName.execute({ name: 'ada' })).toHaveLength(1);
    expect(await byName.execute({ name: 'bob' })).toHaveLength(0);
  });

  it('Drizzle runs a transaction on one connection, and nothing of it remains when it throws', async () => {
    const db = open();
    const ids = new Set<unknown>();
    const work = db.transaction(async (tx) => {
      ids.add(await idOf(tx));
      await tx.insert(account).values({ name: 'bob' });
      await tx.transaction(async (nested) => {
        ids.add(await idOf(nested));
      });
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(ids.size).toBe(1);
    expect(await db.select().from(account)).toEqual([]);
    await db.transaction((tx) => tx.insert(account).values({ name: 'cyd' }), {
      isolationLevel: 'repeatable read',
    });
    expect(await db.select({ name: account.name }).from(account)).toEqual([{ name: 'cyd' }]);
    expect(fixture.pool.core.stats().leased).toBe(0);
  });

  it('Drizzle keeps transactions that run at the same time apart', async () => {
    const db = open();
    const meet = meetingOf(3);
    const ids = await Promise.all(
      Array.from({ length: 3 }, () =>
        db.transaction(async (tx) => {
          await meet();
          return idOf(tx);
        }),
      ),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it('Drizzle iterates over rows, and the connection is back afterwards', async () => {
    const db = open();
    await db.insert(account).values(Array.from({ length: 200 }, (_, index) => ({ name: `row ${index}` })));
    const names: string[] = [];
    const before = fixture.pool.core.metrics().counters.closed;
    const rows = db.select().from(account).orderBy(asc(account.id)).prepare().iterator();
    for await (const { name } of rows) names.push(name);
    expect(names).toHaveLength(200);
    expect(names[0]).toBe('row 0');
    await expect.poll(() => fixture.pool.core.stats().leased, PATIENCE).toBe(0);
    // Drizzle says end() to the connection: it goes back to the pool.
    expect(fixture.pool.core.metrics().counters.closed).toEqual(before);
  });
});

it('Drizzle leaves the pool to its owner', async () => {
  await using another = await openFixture();
  await drizzle({ client: another.pool }).select().from(account);
  await another.pool.end();
  expect(another.pool.core.stats()).toMatchObject({ phase: 'closed', size: 0 });
});
