// Prisma's engine cannot be installed from the registry: its adapter is driven as the engine drives it.
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlQuery,
  type SqlQueryable,
} from '@prisma/driver-adapter-utils';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { meetingOf } from '../support/meeting.ts';
import { type Fixture, openFixture, PID } from './support/pool.ts';

const query = (sql: string, ...args: string[]): SqlQuery => ({
  sql,
  args,
  argTypes: args.map(() => ({ scalarType: 'string', arity: 'scalar' })),
});

let fixture: Fixture;
let db: SqlDriverAdapter;
beforeAll(async () => {
  fixture = await openFixture();
  db = await new PrismaPg(fixture.pool).connect();
});
beforeEach(async () => void (await db.executeRaw(query('delete from account'))));
afterAll(() => fixture[Symbol.asyncDispose]());

const pidOf = async (source: SqlQueryable): Promise<unknown> =>
  (await source.queryRaw(query(PID))).rows[0]?.[0];

it('Prisma takes the pool itself, and makes none of its own', async () => {
  expect((db as unknown as { underlyingDriver(): unknown }).underlyingDriver()).toBe(fixture.pool);
});

it('Prisma queries, with its own type parsers', async () => {
  expect(await db.executeRaw(query('insert into account (name) values ($1)', 'ada'))).toBe(1);
  const { columnNames, columnTypes, rows } = await db.queryRaw(
    query('select name, now() as at from account'),
  );
  expect([columnNames, columnTypes]).toEqual([
    ['name', 'at'],
    [ColumnTypeEnum.Text, ColumnTypeEnum.DateTime],
  ]);
  expect(rows).toEqual([['ada', expect.any(String)]]);
  const { created } = fixture.pool.core.metrics().counters;
  await expect(db.executeRaw(query('insert into account (name) values ($1)', 'ada'))).rejects.toMatchObject({
    cause: { kind: 'UniqueConstraintViolation' },
  });
  expect(fixture.pool.core.metrics().counters.created).toBe(created);
});

it('Prisma runs a transaction on one connection, and commits or rolls back', async () => {
  const pids = new Set<unknown>();
  for (const [name, end] of [
    ['bob', 'ROLLBACK'],
    ['cyd', 'COMMIT'],
  ] as const) {
    const transaction = await db.startTransaction('SERIALIZABLE');
    pids.clear();
    pids.add(await pidOf(transaction));
    await transaction.executeRaw(query('insert into account (name) values ($1)', name));
    pids.add(await pidOf(transaction));
    await transaction.executeRaw(query(end));
    await (end === 'COMMIT' ? transaction.commit() : transaction.rollback());
    expect(pids.size).toBe(1);
  }
  expect((await db.queryRaw(query('select name from account'))).rows).toEqual([['cyd']]);
  expect(fixture.pool.core.stats().leased).toBe(0);
});

it('Prisma keeps transactions that run at the same time apart', async () => {
  const meet = meetingOf(3);
  const transaction = async (): Promise<unknown> => {
    const tx = await db.startTransaction();
    await meet();
    const pid = await pidOf(tx);
    await tx.executeRaw(query('COMMIT'));
    await tx.commit();
    return pid;
  };
  expect(new Set(await Promise.all([transaction(), transaction(), transaction()])).size).toBe(3);
});

it.each([
  [false, 'open'],
  [true, 'closed'],
])(
  'Prisma, disposed with disposeExternalPool: %s, leaves the pool %s',
  async (disposeExternalPool, phase) => {
    await using another = await openFixture();
    const adapter = await new PrismaPg(another.pool, { disposeExternalPool }).connect();
    await pidOf(adapter);
    await adapter.dispose();
    expect(another.pool.core.stats().phase).toBe(phase);
  },
);
