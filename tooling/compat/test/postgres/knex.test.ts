import { knex, type Knex } from 'knex';
import { Model } from 'objection';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, openFixture } from './support/pool.ts';

class Account extends Model {
  static override tableName = 'account';
  declare id: number;
  declare name: string;
}

let fixture: Fixture;
let db: Knex;
beforeAll(async () => {
  fixture = await openFixture();
  db = knex({ client: 'pg', connectionPool: fixture.pool });
});
beforeEach(() => db('account').del());
afterAll(async () => {
  await db.destroy();
  await fixture[Symbol.asyncDispose]();
});

const pidOf = async (source: Knex | Knex.Transaction): Promise<unknown> => {
  const row: { pid: number } | undefined = await source.first(source.raw('pg_backend_pid() as pid'));
  return row?.pid;
};

it('Knex queries', async () => {
  const [ada] = await db('account').insert({ name: 'ada' }).returning<{ id: number; name: string }[]>('*');
  expect(await db('account').select()).toEqual([ada]);
  await expect(db('account').insert({ name: 'ada' })).rejects.toMatchObject({ code: '23505' });
});

it('Knex runs a transaction on one connection, and nothing of it remains when it throws', async () => {
  const pids = new Set<unknown>();
  const work = db.transaction(async (trx) => {
    pids.add(await pidOf(trx));
    await trx('account').insert({ name: 'bob' });
    await trx.transaction(async (nested) => {
      pids.add(await pidOf(nested));
    });
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(pids.size).toBe(1);
  expect(await db('account').select()).toEqual([]);
  await db.transaction((trx) => trx('account').insert({ name: 'cyd' }), { isolationLevel: 'serializable' });
  expect(await db('account').pluck('name')).toEqual(['cyd']);
});

it('Knex keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const transaction = (): Promise<unknown> =>
    db.transaction(async (trx) => {
      await meet();
      return pidOf(trx);
    });
  expect(new Set(await Promise.all([transaction(), transaction(), transaction()])).size).toBe(3);
});

it('Knex streams rows, and the connection is back afterwards', async () => {
  await db('account').insert(Array.from({ length: 200 }, (_, index) => ({ name: `row ${index}` })));
  const names: string[] = [];
  // In a transaction: outside of one Knex 3.3 releases a stream's client twice, which pg-pool answers by throwing as well.
  await db.transaction(async (trx) => {
    for await (const { name } of trx('account').select('name').orderBy('id').stream())
      names.push(name as string);
  });
  expect(names).toHaveLength(200);
  await expect.poll(() => fixture.pool.core.stats().leased).toBe(0);
});

it('Knex leaves the pool open when it is destroyed: it belongs to whoever made it', async () => {
  const another = knex({ client: 'pg', connectionPool: fixture.pool });
  await another.raw('select 1');
  await another.destroy();
  expect(fixture.pool.core.stats().phase).toBe('open');
  expect((await fixture.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

it('Objection, over Knex, queries, and runs a transaction on one connection', async () => {
  const Bound = Account.bindKnex(db);
  await Bound.query().insert({ name: 'ada' });
  const pids = await Bound.transaction(async (trx) => {
    await Bound.query(trx).insert({ name: 'bob' });
    return [await pidOf(trx), await pidOf(trx)];
  });
  expect(new Set(pids).size).toBe(1);
  const found = await Bound.query().orderBy('id');
  expect(found.map(({ name }) => name)).toEqual(['ada', 'bob']);
});
