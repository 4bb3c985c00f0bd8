import { expect, test } from 'vitest';
import type { AcquireTimeoutError, Outage } from '../src/index.ts';
import { failureOf, watch } from './support/promises.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';

const error = Object.assign(new Error('secret text'), { code: 'ECONNREFUSED' });

/** A pool whose driver says so of its server, with its one connection lent. */
async function lentOut(outage: () => Outage | undefined): Promise<TestPool> {
  const setup = poolOf({ max: 1 });
  Object.assign(setup.factory, { outage });
  await setup.pool.acquire();
  return setup;
}

async function timeoutOf({ pool, clock }: TestPool): Promise<AcquireTimeoutError> {
  const failure = failureOf(pool.acquire({ timeoutMs: 50 }));
  await clock.advance(50);
  return (await failure) as AcquireTimeoutError;
}

test('P5: what the driver knows of an outage is the diagnosis and the cause, also while all connections are lent', async () => {
  const { diagnosis, cause } = await timeoutOf(
    await lentOut(() => ({ what: 'no primary', forMs: 12_300, error })),
  );

  expect(diagnosis).toEqual({
    kind: 'unreachable',
    message: 'no primary for 12.3 s (last error: ECONNREFUSED)',
  });
  expect(cause).toBe(error);
});

test('P5: an outage without an error is told without one', async () => {
  const { diagnosis, cause } = await timeoutOf(await lentOut(() => ({ what: 'no primary', forMs: 10 })));

  expect(diagnosis.message).toBe('no primary for 10 ms');
  expect(cause).toBeUndefined();
});

test('P5: a driver that knows of no outage changes nothing', async () => {
  const { diagnosis } = await timeoutOf(await lentOut(() => undefined));

  expect(diagnosis.kind).not.toBe('unreachable');
});

test('P21: an outage() that throws is reported, and the caller still hears of its timeout', async () => {
  const broken = new Error('outage broke');
  const setup = await lentOut(() => {
    throw broken;
  });
  const timeout = await timeoutOf(setup);

  expect(timeout.code).toBe('POOL_ACQUIRE_TIMEOUT');
  expect(setup.events.of('error')[0]).toEqual({ error: broken, phase: 'outage' });
});

/** A pool with one idle connection whose factory closes like this. */
async function closingBy(close: () => void | Promise<void>): Promise<TestPool> {
  const setup = poolOf({ destroyTimeoutMs: 100 });
  Object.assign(setup.factory, { close });
  await setup.pool.ready();
  return setup;
}

test('P19: close() closes what the connections had in common after the last of them, once, and waits for it', async () => {
  const openAtClose: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const setup = await closingBy(() => {
    openAtClose.push(setup.factory.open);
    return promise;
  });
  const closed = watch(setup.pool.close());
  void setup.pool.close();
  await setup.clock.settle();
  const before = [closed.state, setup.events.names.includes('pool:closed')];
  resolve();
  await setup.clock.settle();

  expect([before, closed.state, openAtClose]).toEqual([['pending', false], 'fulfilled', [0]]);
});

test('P19: a factory that never closes is given up at destroyTimeoutMs, and reported', async () => {
  const setup = await closingBy(() => new Promise(() => {}));
  const closed = watch(setup.pool.close());
  await setup.clock.advance(100);

  expect(closed.state).toBe('fulfilled');
  expect(setup.events.of('error')[0]?.phase).toBe('close');
  expect(setup.clock.pendingTimers).toBe(0);
});

test('P21: a factory that fails to close is reported, and close() resolves', async () => {
  const broken = new Error('close broke');
  const setup = await closingBy(() => Promise.reject(broken));
  await setup.pool.close();

  expect(setup.events.of('error')).toEqual([{ error: broken, phase: 'close' }]);
});
