import * as pg from 'pg';
import { DataSource, EntitySchema, type EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, openFixture, PID } from './support/pool.ts';

interface Account {
  id: number;
  name: string;
}

const accounts = new EntitySchema<Account>({
  name: 'account',
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: 'text' } },
});

async function connect({ pool }: Fixture): Promise<DataSource> {
  // TypeORM has no option for a pool: its driver is asked to make one, and gives it this one.
  const driver = {
    ...pg,
    Pool: function PoolOfTheService() {
      return pool;
    },
  };
  return new DataSource({ type: 'postgres', driver, entities: [accounts] }).initialize();
}

let fixture: Fixture;
let db: DataSource;
beforeAll(async () => {
  fixture = await openFixture();
  db = await connect(fixture);
});
beforeEach(async () => void (await db.getRepository(accounts).deleteAll()));
afterAll(() => fixture[Symbol.asyncDispose]());

const pidOf = async (source: DataSource | EntityManager): Promise<unknown> => {
  const rows = await source.query<{ pid: number }[]>(PID);
  return rows[0]?.pid;
};

it('TypeORM queries', async () => {
  const saved = await db.getRepository(accounts).save({ name: 'ada' });
  expect(await db.getRepository(accounts).findBy({ name: 'ada' })).toEqual([{ id: saved.id, name: 'ada' }]);
});

it('TypeORM runs a transaction on one connection, and nothing of it remains when it throws', async () => {
  const pids = new Set<unknown>();
  const work = db.transaction('SERIALIZABLE', async (manager) => {
    pids.add(await pidOf(manager));
    await manager.save(accounts, { name: 'bob' });
    await manager.transaction(async (nested) => {
      pids.add(await pidOf(nested));
    });
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(pids.size).toBe(1);
  expect(await db.getRepository(accounts).find()).toEqual([]);
  await db.transaction((manager) => manager.save(accounts, { name: 'cyd' }));
  expect(await db.getRepository(accounts).count()).toBe(1);
});

it('TypeORM keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const transaction = (): Promise<unknown> =>
    db.transaction(async (manager) => {
      await pidOf(manager);
      await meet();
      return pidOf(manager);
    });
  expect(new Set(await Promise.all([transaction(), transaction(), transaction()])).size).toBe(3);
});

it('TypeORM streams rows, and the connection is back afterwards', async () => {
  const values = Array.from({ length: 200 }, (_, index) => ({ name: `row ${index}` }));
  await db.getRepository(accounts).insert(values);
  const names: string[] = [];
  const stream = await db.getRepository(accounts).createQueryBuilder('a').orderBy('a.id').stream();
  for await (const row of stream) names.push((row as unknown as { a_name: string }).a_name);
  expect(names).toEqual(values.map(({ name }) => name));
  await expect.poll(() => fixture.pool.core.stats().leased).toBe(0);
});

it('TypeORM ends the pool when it is destroyed', async () => {
  await using another = await openFixture();
  const source = await connect(another);
  await pidOf(source);
  await source.destroy();
  expect(another.pool.core.stats()).toMatchObject({ phase: 'closed', size: 0 });
});
