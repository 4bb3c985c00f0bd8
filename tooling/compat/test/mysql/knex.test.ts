import { knex, type Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, openFixture, PATIENCE } from './support/pool.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const idOf = async (source: Knex | Knex.Transaction): Promise<unknown> => {
  const row: { id: number } | undefined = await source.first(source.raw('connection_id() as id'));
  return row?.id;
};

describe.each(['promise', 'callback'] as const)('with the %s flavour', (flavour) => {
  let db: Knex;
  beforeAll(() => {
    // Knex' types know no null error, which mysql2 calls back with: its own callback pool does not pass them either.
    const connectionPool =
      flavour === 'promise' ? fixture.pool : (fixture.pool.pool as unknown as Knex.MySQLPoolLike);
    db = knex({ client: 'mysql2', connectionPool });
  });
  beforeEach(() => db('account').del());
  afterAll(() => db.destroy());

  it('Knex queries', async () => {
    const [id] = await db('account').insert({ name: 'ada' });
    expect(await db('account').select()).toEqual([{ id, name: 'ada' }]);
    await expect(db('account').insert({ name: 'ada' })).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' });
  });

  it('Knex runs a transaction on one connection, and nothing of it remains when it throws', async () => {
    const ids = new Set<unknown>();
    const work = db.transaction(async (trx) => {
      ids.add(await idOf(trx));
      await trx('account').insert({ name: 'bob' });
      await trx.transaction(async (nested) => {
        ids.add(await idOf(nested));
      });
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(ids.size).toBe(1);
    expect(await db('account').select()).toEqual([]);
    await db.transaction((trx) => trx('account').insert({ name: 'cyd' }));
    expect(await db('account').pluck('name')).toEqual(['cyd']);
  });

  it('Knex keeps transactions that run at the same time apart', async () => {
    const meet = meetingOf(3);
    const ids = await Promise.all(
      Array.from({ length: 3 }, () =>
        db.transaction(async (trx) => {
          await meet();
          return idOf(trx);
        }),
      ),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it('Knex streams rows, and the connection is back afterwards', async () => {
    await db('account').insert(Array.from({ length: 200 }, (_, index) => ({ name: `row ${index}` })));
    const names: string[] = [];
    for await (const { name } of db('account').select('name').orderBy('id').stream())
      names.push(name as string);
    expect(names).toHaveLength(200);
    await expect.poll(() => fixture.pool.core.stats().leased, PATIENCE).toBe(0);
  });
});

it('Knex leaves the pool open when it is destroyed: it belongs to whoever made it', async () => {
  const db = knex({ client: 'mysql2', connectionPool: fixture.pool });
  await db.raw('select 1');
  await db.destroy();
  expect(fixture.pool.core.stats().phase).toBe('open');
  expect((await fixture.pool.query('select 1 as one'))[0]).toEqual([{ one: 1 }]);
});
