import connectPgSimple from 'connect-pg-simple';
import session, { type SessionData } from 'express-session';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Fixture, openFixture } from './support/pool.ts';

const Store = connectPgSimple(session);
type PgStore = InstanceType<typeof Store>;

let fixture: Fixture;
let store: PgStore;
beforeAll(async () => {
  fixture = await openFixture();
  store = new Store({ pool: fixture.pool, createTableIfMissing: true, pruneSessionInterval: false });
});
afterAll(() => fixture[Symbol.asyncDispose]());

const ofAda = { cookie: { originalMaxAge: 60_000 }, user: 'ada' } as unknown as SessionData;

it('connect-pg-simple keeps, finds, touches and forgets a session', async () => {
  const get = promisify(store.get.bind(store)) as (id: string) => Promise<SessionData | undefined>;
  await promisify(store.set.bind(store))('one', ofAda);
  expect(await get('one')).toMatchObject({ user: 'ada' });
  await promisify(store.touch.bind(store) as (id: string, data: SessionData, done: () => void) => void)(
    'one',
    ofAda,
  );
  await promisify(store.destroy.bind(store))('one');
  expect(await get('one')).toBeUndefined();
});

it('connect-pg-simple serves many requests at once from the few connections', async () => {
  const set = promisify(store.set.bind(store));
  await Promise.all(Array.from({ length: 50 }, (_, index) => set(`many ${index}`, ofAda)));
  const { rows } = await fixture.pool.query<{ count: number }>('select count(*)::int as count from session');
  expect(rows).toEqual([{ count: 50 }]);
  expect(fixture.pool.totalCount).toBeLessThanOrEqual(3);
});

it('connect-pg-simple leaves the pool open when it is closed: it belongs to whoever made it', async () => {
  await store.close();
  expect(fixture.pool.core.stats().phase).toBe('open');
});
