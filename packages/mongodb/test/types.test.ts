import type {
  AggregationCursor,
  ChangeStreamDocument,
  Collection,
  Db,
  Document,
  FindCursor,
  MongoClient,
  WithId,
} from 'mongodb';
import { createPool, type Pool } from '@pool/core';
import { expectTypeOf, test } from 'vitest';
import { mongoFactory, type MongoLease, type MongoPermit, type MongoPool } from '../src/index.ts';

interface Account {
  _id: number;
  cents: number;
}

// Compiled, and never run: it is the types that are tested.
declare const pool: MongoPool;
declare const lease: MongoLease;
declare const client: MongoClient;

test('what a lease gives is typed as the driver types it', () => {
  const accounts = (): Collection<Account> => lease.collection<Account>('accounts');
  expectTypeOf<ReturnType<MongoLease['db']>>().toEqualTypeOf<Db>();
  expectTypeOf(accounts).returns.toEqualTypeOf<Collection<Account>>();
  // The overloads that a wrapper with signatures of its own would lose.
  expectTypeOf(() => accounts().find()).returns.toEqualTypeOf<FindCursor<WithId<Account>>>();
  expectTypeOf(() => accounts().find<{ n: 1 }>({})).returns.toEqualTypeOf<FindCursor<{ n: 1 }>>();
  expectTypeOf(() => accounts().distinct('cents')).returns.resolves.toEqualTypeOf<number[]>();
  expectTypeOf(() => accounts().aggregate<{ sum: number }>()).returns.toEqualTypeOf<
    AggregationCursor<{ sum: number }>
  >();
  expectTypeOf(() =>
    accounts().findOneAndUpdate({ _id: 1 }, { $inc: { cents: 1 } }, { includeResultMetadata: false }),
  ).returns.resolves.toEqualTypeOf<WithId<Account> | null>();
});

test('the pool’s calls give what the work gives', () => {
  expectTypeOf(() => pool.use(() => 1)).returns.resolves.toEqualTypeOf<number>();
  expectTypeOf(() => pool.use(async () => 'text')).returns.resolves.toEqualTypeOf<string>();
  expectTypeOf(() => pool.transaction(async () => true)).returns.resolves.toEqualTypeOf<boolean>();
  expectTypeOf(() => pool.run({ ping: 1 })).returns.resolves.toEqualTypeOf<Document>();
  expectTypeOf(() => pool.acquire()).returns.resolves.toEqualTypeOf<MongoLease>();
  expectTypeOf(() =>
    pool.cursor((each) => each.collection<Account>('accounts').find()),
  ).returns.toEqualTypeOf<AsyncGenerator<WithId<Account>, void, undefined>>();
  expectTypeOf(() => pool.watch<Account>()).returns.toEqualTypeOf<
    AsyncGenerator<ChangeStreamDocument<Account>, void, undefined>
  >();
});

test('the factory alone makes a pool of permits', () => {
  expectTypeOf(() => createPool(mongoFactory({ client }))).returns.toEqualTypeOf<Pool<MongoPermit>>();
});
