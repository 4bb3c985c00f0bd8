import { expect, test } from 'vitest';
import { CloseTimeoutError } from '../src/index.ts';
import { lend } from './support/lend.ts';
import { poolOf } from './support/pool-of.ts';
import { watch } from './support/promises.ts';

test('P19: a close says how long it waited', async () => {
  const setup = poolOf();
  const [lease] = await lend(setup);
  await setup.clock.advance(5_000);
  void watch(setup.pool.close());
  await setup.clock.advance(300);
  lease!.release();
  await setup.clock.settle();

  expect(setup.events.of('pool:closed')).toEqual([{ waitedMs: 300 }]);
});

test('P19: a close that cuts leases says how many: not those that came back before', async () => {
  const setup = poolOf({ closeGraceMs: 100 });
  const [first] = await lend(setup, 3);
  first!.release();
  void watch(setup.pool.close());
  await setup.clock.advance(100);

  const reported = setup.events.of('error').find(({ phase }) => phase === 'close');
  expect(reported?.error).toBeInstanceOf(CloseTimeoutError);
  expect(reported?.error).toMatchObject({ leasesOutstanding: 2 });
});

test('P13 P19: a create that is under way is told why it is to stop', async () => {
  const { pool, clock, factory } = poolOf({}, { create: { kind: 'never' } });
  let signal: AbortSignal | undefined;
  const create = factory.create.bind(factory);
  factory.create = (context) => {
    ({ signal } = context);
    return create(context);
  };
  void watch(pool.acquire());
  void watch(pool.close());
  await clock.settle();

  expect((signal!.reason as Error).message).toBe('the pool is closed');
});
