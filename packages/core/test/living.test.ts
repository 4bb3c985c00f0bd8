import { describe, expect, test } from 'vitest';
import { lend } from './support/lend.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { watch, type Watched } from './support/promises.ts';

const FATAL = { kind: 'fail', afterMs: 1_500 } as const;

/** Begins a connect that fails for good after 1,500 ms, and nobody waits for it. */
async function beginFatalConnect({ pool, factory, clock }: TestPool): Promise<void> {
  factory.script.classify = 'fatal';
  factory.next('create', FATAL);
  void watch(pool.acquire({ timeoutMs: 1 }));
  await clock.advance(10);
}

async function afterTheFailure({ pool, clock }: TestPool): Promise<Watched<unknown>> {
  await clock.advance(1_000);
  const caller = watch(pool.acquire({ timeoutMs: 60_000 }));
  await clock.advance(600);
  expect(pool.stats().connectFailure).toBeDefined();
  return caller;
}

describe('P12: a connect that fails for good while the only other connection', () => {
  test('is being reset leaves a caller waiting for that', async () => {
    const setup = poolOf({ max: 2, resetTimeoutMs: 60_000 });
    const [lease] = await lend(setup);
    await beginFatalConnect(setup);
    setup.factory.next('reset', { kind: 'slow', ms: 30_000 });
    lease!.release();

    expect((await afterTheFailure(setup)).state).toBe('pending');
  });

  test('is being validated, and one more is idle, leaves a caller waiting for that', async () => {
    const setup = poolOf({ max: 3, validateTimeoutMs: 60_000 }, { validate: { kind: 'slow', ms: 30_000 } });
    const leases = await lend(setup, 2);
    await beginFatalConnect(setup);
    for (const lease of leases) lease.release();
    const caller = await afterTheFailure(setup);

    expect(setup.pool.stats()).toMatchObject({ idle: 1, checking: 1 });
    expect(caller.state).toBe('pending');
  });

  test('is being validated, and one more is lent, leaves a caller waiting for that', async () => {
    const setup = poolOf({ max: 3, validateTimeoutMs: 60_000 }, { validate: { kind: 'slow', ms: 30_000 } });
    const [lease] = await lend(setup, 2);
    await beginFatalConnect(setup);
    lease!.release();
    const caller = await afterTheFailure(setup);

    expect(setup.pool.stats()).toMatchObject({ leased: 1, checking: 1 });
    expect(caller.state).toBe('pending');
  });
});
