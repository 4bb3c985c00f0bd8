import { createConnection } from 'mysql2';
import { CompiledQuery, type Generated, Kysely, MysqlDialect, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, IDS, openFixture, PATIENCE, SLEEPING } from './support/pool.ts';

interface Database {
  account: { id: Generated<number>; name: string };
}

let fixture: Fixture;
let db: Kysely<Database>;

beforeAll(async () => {
  fixture = await openFixture();
  // Kysely calls back: it takes the callback flavour.
  const dialect = new MysqlDialect({
    pool: fixture.pool.pool,
    controlConnection: (options) => createConnection(options as object),
  });
  db = new Kysely({ dialect });
});
beforeEach(() => db.deleteFrom('account').execute());
afterAll(() => fixture[Symbol.asyncDispose]());

const idOf = async (source: Kysely<Database>): Promise<unknown> => {
  const { rows } = await source.executeQuery<{ id: number }>(CompiledQuery.raw(IDS));
  return rows[0]?.id;
};

it('Kysely queries, and tells how many rows were written', async () => {
  const { insertId, numInsertedOrUpdatedRows } = await db
    .insertInto('account')
    .values({ name: 'ada' })
    .executeTakeFirstOrThrow();
  expect(numInsertedOrUpdatedRows).toBe(1n);
  expect(await db.selectFrom('account').selectAll().execute()).toEqual([
    { id: Number(insertId), name: 'ada' },
  ]);
});

it('Kysely runs a transaction on one connection, and nothing of it remains when it throws', async () => {
  const ids = new Set<unknown>();
  const work = db
    .transaction()
    .setIsolationLevel('serializable')
    .execute(async (trx) => {
      ids.add(await idOf(trx));
      await trx.insertInto('account').values({ name: 'bob' }).execute();
      ids.add(await idOf(trx));
      throw new Error('changed my mind');
    });
  await expect(work).rejects.toThrow('changed my mind');
  expect(ids.size).toBe(1);
  expect(await db.selectFrom('account').selectAll().execute()).toEqual([]);
  await db.transaction().execute((trx) => trx.insertInto('account').values({ name: 'cyd' }).execute());
  expect(await db.selectFrom('account').select('name').execute()).toEqual([{ name: 'cyd' }]);
  expect(fixture.pool.core.metrics().counters.created).toBeLessThanOrEqual(3);
});

it('Kysely keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const ids = await Promise.all(
    Array.from({ length: 3 }, (_, index) =>
      db.transaction().execute(async (trx) => {
        await trx
          .insertInto('account')
          .values({ name: `at once ${index}` })
          .execute();
        await meet();
        return idOf(trx);
      }),
    ),
  );
  expect(new Set(ids).size).toBe(3);
});

it('Kysely streams rows, and the connection is back afterwards, also when the loop ends early', async () => {
  await db
    .insertInto('account')
    .values(Array.from({ length: 200 }, (_, index) => ({ name: `row ${index}` })))
    .execute();
  const names: string[] = [];
  for await (const { name } of db.selectFrom('account').select('name').orderBy('id').stream())
    names.push(name);
  expect(names).toHaveLength(200);
  for await (const { name } of db.selectFrom('account').select('name').orderBy('id').stream()) {
    expect(name).toBe('row 0');
    break;
  }
  await expect.poll(() => fixture.pool.core.stats().leased, PATIENCE).toBe(0);
});

it('Kysely cancels a query on the server, and the next one is not hit', async () => {
  const controller = new AbortController();
  const options = { signal: controller.signal, inflightQueryAbortStrategy: 'cancel query' as const };
  const failure = sql`select sleep(60)`.execute(db, options).catch((error: unknown) => error);
  const sleeping = async (): Promise<unknown> =>
    (await sql<{ count: number }>`${sql.raw(SLEEPING)}`.execute(db)).rows;
  await expect.poll(sleeping, PATIENCE).toEqual([{ count: 1 }]);
  controller.abort(new Error('enough'));
  expect(await failure).toBeInstanceOf(Error);
  expect(await Promise.all([idOf(db), idOf(db), idOf(db)])).toHaveLength(3);
});

it('Kysely tells connections apart: each is set up once', async () => {
  await using another = await openFixture({ resetOnRelease: false });
  const setUp: number[] = [];
  const dialect = new MysqlDialect({
    pool: another.pool.pool,
    async onCreateConnection(connection) {
      const { rows } = await connection.executeQuery<{ id: number }>(
        CompiledQuery.raw('select connection_id() as id'),
      );
      setUp.push(rows[0]!.id);
      await connection.executeQuery(CompiledQuery.raw('set @@session.lock_wait_timeout = 77'));
    },
  });
  const settled = new Kysely<Database>({ dialect });
  const probe = sql<{
    id: number;
    seconds: number;
  }>`select connection_id() as id, @@lock_wait_timeout as seconds`;
  const used = new Set<number>();
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all([probe.execute(settled), probe.execute(settled)]);
    expect(answers.map(({ rows }) => rows[0]?.seconds)).toEqual([77, 77]);
    for (const { rows } of answers) used.add(rows[0]!.id);
  }
  // The pool may have opened one more, which nobody came to use.
  expect(setUp).toHaveLength(used.size);
  expect(new Set(setUp)).toEqual(used);
});

it('Kysely ends the pool when it is destroyed', async () => {
  await using another = await openFixture();
  const shortLived = new Kysely<Database>({ dialect: new MysqlDialect({ pool: another.pool.pool }) });
  expect(await idOf(shortLived)).toBeGreaterThan(0);
  await shortLived.destroy();
  expect(another.pool.core.stats()).toMatchObject({ phase: 'closed', size: 0 });
});
