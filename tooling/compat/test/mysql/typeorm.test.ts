import { DataSource, EntitySchema, type EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, IDS, openFixture } from './support/pool.ts';

interface Account {
  id: number;
  name: string;
}

const accounts = new EntitySchema<Account>({
  name: 'account',
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: String, length: 40 } },
});

async function connect({ pool, server }: Fixture): Promise<DataSource> {
  // TypeORM has no option for a pool: its driver is asked to make one, and gives it this one.
  const driver = { createPool: () => pool.pool };
  const source = new DataSource({ type: 'mysql', driver, database: server.database, entities: [accounts] });
  return source.initialize();
}

let fixture: Fixture;
let db: DataSource;
beforeAll(async () => {
  fixture = await openFixture();
  db = await connect(fixture);
});
beforeEach(() => db.getRepository(accounts).clear());
afterAll(() => fixture[Symbol.asyncDispose]());

const idOf = async (source: DataSource | EntityManager): Promise<unknown> => {
  const rows = await source.query<{ id: number }[]>(IDS);
  return rows[0]?.id;
};

it('TypeORM queries', async () => {
  const saved = await db.getRepository(accounts).save({ name: 'ada' });
  expect(saved.id).toBeGreaterThan(0);
  expect(await db.getRepository(accounts).findBy({ name: 'ada' })).toEqual([{ id: saved.id, name: 'ada' }]);
});

it('TypeORM runs a transaction on one connection, and nothing of it remains when it throws', async () => {
  const ids = new Set<unknown>();
  const work = db.transaction('SERIALIZABLE', async (manager) => {
    ids.add(await idOf(manager));
    await manager.save(accounts, { name: 'bob' });
    await manager.transaction(async (nested) => {
      ids.add(await idOf(nested));
    });
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(ids.size).toBe(1);
  expect(await db.getRepository(accounts).find()).toEqual([]);
  await db.transaction((manager) => manager.save(accounts, { name: 'cyd' }));
  expect(await db.getRepository(accounts).count()).toBe(1);
});

it('TypeORM keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const ids = await Promise.all(
    Array.from({ length: 3 }, () =>
      db.transaction(async (manager) => {
        await meet();
        return idOf(manager);
      }),
    ),
  );
  expect(new Set(ids).size).toBe(3);
});

it('TypeORM streams rows, and the connection is back afterwards', async () => {
  await db
    .getRepository(accounts)
    .insert(Array.from({ length: 200 }, (_, index) => ({ name: `row ${index}` })));
  const runner = db.createQueryRunner();
  const stream = await runner.stream('select name from account order by id');
  const names: unknown[] = [];
  for await (const row of stream) names.push((row as { name: string }).name);
  await runner.release();
  expect(names).toHaveLength(200);
  expect(fixture.pool.core.stats().leased).toBe(0);
});

it('TypeORM ends the pool when it is destroyed', async () => {
  await using another = await openFixture();
  const shortLived = await connect(another);
  expect(await idOf(shortLived)).toBeGreaterThan(0);
  await shortLived.destroy();
  expect(another.pool.core.stats()).toMatchObject({ phase: 'closed', size: 0 });
});
