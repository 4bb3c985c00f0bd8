import { CompiledQuery, type Generated, Kysely, PostgresDialect, sql } from 'kysely';
import Cursor from 'pg-cursor';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, openFixture, PID, SLEEPING } from './support/pool.ts';

interface Database {
  account: { id: Generated<number>; name: string };
}

let fixture: Fixture;
let db: Kysely<Database>;

beforeAll(async () => {
  fixture = await openFixture();
  db = new Kysely({ dialect: new PostgresDialect({ pool: fixture.pool, cursor: Cursor }) });
});
beforeEach(() => db.deleteFrom('account').execute());
afterAll(() => fixture[Symbol.asyncDispose]());

const pidOf = async (source: Kysely<Database>): Promise<unknown> => {
  const { rows } = await source.executeQuery<{ pid: number }>(CompiledQuery.raw(PID));
  return rows[0]?.pid;
};

it('Kysely queries, and an error of a query costs no connection', async () => {
  const { id } = await db
    .insertInto('account')
    .values({ name: 'ada' })
    .returning('id')
    .executeTakeFirstOrThrow();
  expect(await db.selectFrom('account').selectAll().execute()).toEqual([{ id, name: 'ada' }]);
  const { created } = fixture.pool.core.metrics().counters;
  await expect(db.insertInto('account').values({ name: 'ada' }).execute()).rejects.toMatchObject({
    code: '23505',
  });
  expect(await db.selectFrom('account').selectAll().execute()).toHaveLength(1);
  expect(fixture.pool.core.metrics().counters.created).toBe(created);
});

it('Kysely runs a transaction on one connection, and nothing of it remains when it throws', async () => {
  const pids = new Set<unknown>();
  const work = db
    .transaction()
    .setIsolationLevel('serializable')
    .execute(async (trx) => {
      pids.add(await pidOf(trx));
      await trx.insertInto('account').values({ name: 'bob' }).execute();
      pids.add(await pidOf(trx));
      throw new Error('changed my mind');
    });
  await expect(work).rejects.toThrow('changed my mind');
  expect(pids.size).toBe(1);
  await db.transaction().execute((trx) => trx.insertInto('account').values({ name: 'cyd' }).execute());
  expect(await db.selectFrom('account').select('name').execute()).toEqual([{ name: 'cyd' }]);
});

it('Kysely keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const transaction = (): Promise<unknown> =>
    db.transaction().execute(async (trx) => {
      await pidOf(trx);
      await meet();
      return pidOf(trx);
    });
  const pids = await Promise.all([transaction(), transaction(), transaction()]);
  expect(new Set(pids).size).toBe(3);
});

it('Kysely streams rows, and the connection is back afterwards, also when the loop ends early', async () => {
  const values = Array.from({ length: 200 }, (_, index) => ({ name: `row ${index}` }));
  await db.insertInto('account').values(values).execute();
  const names: string[] = [];
  for await (const { name } of db.selectFrom('account').select('name').orderBy('id').stream(50))
    names.push(name);
  expect(names).toEqual(values.map(({ name }) => name));
  for await (const { name } of db.selectFrom('account').select('name').orderBy('id').stream(50)) {
    expect(name).toBe('row 0');
    break;
  }
  await expect.poll(() => fixture.pool.core.stats().leased).toBe(0);
  expect(await pidOf(db)).toBeTypeOf('number');
});

it('Kysely cancels a query on the server, and the next one is not hit', async () => {
  const controller = new AbortController();
  const options = { signal: controller.signal, inflightQueryAbortStrategy: 'cancel query' as const };
  const failure = sql`select pg_sleep(60)`.execute(db, options).catch((error: unknown) => error);
  const sleeping = async (): Promise<unknown> =>
    (await sql<{ count: number }>`${sql.raw(SLEEPING)}`.execute(db)).rows;
  await expect.poll(sleeping).toEqual([{ count: 1 }]);
  controller.abort(new Error('enough'));
  expect(await failure).toBeInstanceOf(Error);
  await expect.poll(sleeping).toEqual([{ count: 0 }]);
  expect(await Promise.all([pidOf(db), pidOf(db), pidOf(db)])).toHaveLength(3);
});

it('Kysely ends the pool when it is destroyed', async () => {
  await using another = await openFixture();
  const shortLived = new Kysely<Database>({ dialect: new PostgresDialect({ pool: another.pool }) });
  expect(await pidOf(shortLived)).toBeTypeOf('number');
  await shortLived.destroy();
  expect(another.pool.core.stats()).toMatchObject({ phase: 'closed', size: 0 });
});
