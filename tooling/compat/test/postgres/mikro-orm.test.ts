import { defineEntity, type InferEntity, MikroORM, p } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import Cursor from 'pg-cursor';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, openFixture, PID } from './support/pool.ts';

const Account = defineEntity({
  name: 'Account',
  tableName: 'account',
  properties: { id: p.integer().primary(), name: p.string() },
});
type AccountEntity = InferEntity<typeof Account>;

const connect = ({ pool, server }: Fixture): Promise<MikroORM> =>
  MikroORM.init({
    entities: [Account],
    dbName: server.database,
    // MikroORM is built on Kysely, and takes a dialect of it.
    driverOptions: new PostgresDialect({ pool, cursor: Cursor }),
  });

let fixture: Fixture;
let orm: MikroORM;
beforeAll(async () => {
  fixture = await openFixture();
  orm = await connect(fixture);
});
beforeEach(async () => void (await orm.em.fork().nativeDelete(Account, {})));
afterAll(async () => {
  await orm.close();
  await fixture[Symbol.asyncDispose]();
});

type Source = MikroORM['em'];
const pidOf = async (source: Source): Promise<unknown> => {
  const rows = await source.execute<{ pid: number }[]>(PID);
  return rows[0]?.pid;
};

it('MikroORM writes and reads entities', async () => {
  const em = orm.em.fork();
  em.create(Account, { name: 'ada' });
  await em.flush();
  const found: AccountEntity[] = await orm.em.fork().find(Account, { name: 'ada' });
  expect(found.map(({ name }) => name)).toEqual(['ada']);
});

it('MikroORM runs a transaction on one connection, and nothing of it remains when it throws', async () => {
  const pids = new Set<unknown>();
  const work = orm.em.fork().transactional(async (em) => {
    pids.add(await pidOf(em));
    em.create(Account, { name: 'bob' });
    await em.flush();
    pids.add(await pidOf(em));
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(pids.size).toBe(1);
  expect(await orm.em.fork().count(Account)).toBe(0);
});

it('MikroORM keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const transaction = (): Promise<unknown> =>
    orm.em.fork().transactional(async (em) => {
      await pidOf(em);
      await meet();
      return pidOf(em);
    });
  expect(new Set(await Promise.all([transaction(), transaction(), transaction()])).size).toBe(3);
});

it('MikroORM streams rows, and the connection is back afterwards', async () => {
  const em = orm.em.fork();
  const names = Array.from({ length: 200 }, (_, index) => `row ${index}`);
  await em.insertMany(Account, names.map((name) => ({ name })) as never);
  const read: string[] = [];
  for await (const account of em.stream(Account, { orderBy: { id: 'asc' } })) read.push(account.name);
  expect(read).toEqual(names);
  await expect.poll(() => fixture.pool.core.stats().leased).toBe(0);
});

it('MikroORM ends the pool when it is closed', async () => {
  await using another = await openFixture();
  const shortLived = await connect(another);
  expect(await pidOf(shortLived.em.fork())).toBeTypeOf('number');
  await shortLived.close();
  expect(another.pool.core.stats()).toMatchObject({ phase: 'closed', size: 0 });
});
