import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPool, OptionError, type PoolError } from '../src/index.ts';
import { ScriptedFactory, VirtualClock, type FactoryScript } from '@pool/testing';
import { poolOf } from './support/pool-of.ts';
import { failureOf, thrownBy, watch } from './support/promises.ts';

const CANARY = 's3cr3t-canary';
const leaky = Object.assign(new Error(`cannot reach postgres://app:${CANARY}@db/orders`), {
  code: 'ECONNREFUSED',
  config: { password: CANARY },
});

/** Everything that the error says by itself. Its `cause` is the driver's own error, handed on untouched. */
function textOf(error: unknown): string {
  const { message, stack, code, name } = error as PoolError;
  return [message, stack, code, name, String(error)].join('\n');
}

afterEach(() => vi.restoreAllMocks());

describe('a secret in the driver’s error', () => {
  test('P24 I28: is not in the words of AcquireTimeoutError', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 }, { create: { kind: 'fail', error: leaky } });
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(textOf(waiter.error)).toContain('ECONNREFUSED');
    expect(textOf(waiter.error)).not.toContain(CANARY);
  });

  test('P24 I28: is not in the words of ConnectError', async () => {
    const { pool } = poolOf({}, { create: { kind: 'fail', error: leaky }, classify: 'fatal' });

    expect(textOf(await failureOf(pool.acquire()))).not.toContain(CANARY);
  });

  test('P24 I28: is not in the words of LeaseEndedError', async () => {
    const { pool } = poolOf();
    const lease = await pool.acquire();
    lease.connection.lost(leaky);

    expect(textOf(thrownBy(() => lease.connection))).not.toContain(CANARY);
  });

  test('P24 I28: is not in the diagnosis', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 }, { create: { kind: 'fail', error: leaky } });
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(inspect((waiter.error as { diagnosis?: unknown }).diagnosis)).not.toContain(CANARY);
  });

  test('P24 I28: is not in the metrics, inspected or as JSON', async () => {
    const { pool, clock } = poolOf({}, { create: { kind: 'fail', error: leaky } });
    void watch(pool.acquire());
    await clock.advance(100);

    expect(inspect(pool.metrics(), { depth: Infinity })).not.toContain(CANARY);
    expect(JSON.stringify(pool.metrics())).not.toContain(CANARY);
  });

  test('P24 I28: is not in the JSON of AcquireTimeoutError', async () => {
    const { pool, clock } = poolOf({ acquireTimeoutMs: 100 }, { create: { kind: 'fail', error: leaky } });
    const waiter = watch(pool.acquire());
    await clock.advance(100);

    expect(JSON.stringify(waiter.error)).not.toContain(CANARY);
  });

  test.each<[string, FactoryScript]>([
    ['reset', { reset: { kind: 'fail', error: leaky } }],
    ['destroy', { reset: { kind: 'fail' }, destroy: { kind: 'fail', error: leaky } }],
  ])('P24 I28: is not in the process warning about a failed %s', async (_step, script) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const clock = new VirtualClock();
    const pool = createPool(new ScriptedFactory(clock, script), {}, { clock });
    (await pool.acquire()).release();
    await clock.settle();

    expect(warn).toHaveBeenCalled();
    expect(inspect(warn.mock.calls)).not.toContain(CANARY);
  });
});

describe('an error of the driver', () => {
  test.each<[string, unknown]>([
    ['ECONNREFUSED', leaky],
    ['1040', { code: 1040, message: CANARY }],
    ['TypeError', new TypeError(CANARY)],
    ['string', CANARY],
    ['object', { password: CANARY }],
  ])('P24: is told as %s, by its code, its name or its type', async (told, error) => {
    const { pool } = poolOf({}, { create: { kind: 'fail', error }, classify: 'fatal' });
    const failure = await failureOf(pool.acquire());

    expect(textOf(failure)).toContain(`retrying will not help: ${told}`);
    expect(textOf(failure)).not.toContain(CANARY);
  });
});

describe('a secret in a connection', () => {
  test('P24 I28: is not in the inspected pool or its JSON', async () => {
    const { pool, factory } = poolOf();
    const lease = await pool.acquire();
    Object.assign(factory.connections[0]!, { password: CANARY });

    expect(inspect(pool, { depth: Infinity, showHidden: true, getters: true })).not.toContain(CANARY);
    expect(JSON.stringify(pool)).not.toContain(CANARY);
    lease.release();
  });

  test('P24 I28: is not in the inspected lease or its JSON', async () => {
    const { pool, factory } = poolOf();
    const lease = await pool.acquire();
    Object.assign(factory.connections[0]!, { password: CANARY });

    expect(inspect(lease, { depth: Infinity, showHidden: true })).not.toContain(CANARY);
    expect(JSON.stringify(lease)).not.toContain(CANARY);
  });

  test('P24 I28: is in no event', async () => {
    const { pool, clock, factory, events } = poolOf({ maxUses: 1 });
    const lease = await pool.acquire({ label: 'job' });
    Object.assign(factory.connections[0]!, { password: CANARY });
    lease.release();
    pool.clear();
    await pool.close();
    await clock.settle();

    const payloads = events.names.map((name) => events.of(name));
    expect(payloads.length).toBeGreaterThan(4);
    expect(inspect(payloads, { depth: Infinity })).not.toContain(CANARY);
  });
});

describe('a secret in an option', () => {
  test('P24 I28: given for a number by mistake is not in the words of OptionError', () => {
    const url = `postgres://app:${CANARY}@db/orders` as unknown as number;

    expect(textOf(thrownBy(() => poolOf({ max: url })))).not.toContain(CANARY);
  });

  test('P24 I28: given for a number by mistake is not in the inspected OptionError', () => {
    const url = `postgres://app:${CANARY}@db/orders` as unknown as number;

    expect(inspect(thrownBy(() => poolOf({ max: url })))).not.toContain(CANARY);
  });

  test('P24 I28: that is short and given for a number by mistake is not in the words of OptionError', () => {
    const password = 'hunter2' as unknown as number;

    expect(inspect(thrownBy(() => poolOf({ max: password })))).not.toContain('hunter2');
  });

  test('given for a number by mistake is told as it is when it is a number in quotes', () => {
    expect(textOf(thrownBy(() => poolOf({ max: '10' as unknown as number })))).toMatch(/got .*10/);
  });

  test('P24 I28: in an object given by mistake is not in the words of OptionError', () => {
    const connection = { password: CANARY } as unknown as number;
    const error = thrownBy(() => poolOf({ max: connection }));

    expect(error).toBeInstanceOf(OptionError);
    expect(textOf(error)).not.toContain(CANARY);
  });

  test('P24 I28: in an object given by mistake is not in the inspected OptionError or its JSON', () => {
    const connection = { password: CANARY } as unknown as number;
    const error = thrownBy(() => poolOf({ max: connection }));

    expect(inspect(error, { depth: Infinity })).not.toContain(CANARY);
    expect(JSON.stringify(error)).not.toContain(CANARY);
  });

  test('P24 I28: that does not exist is named, and its value is not repeated', () => {
    const error = thrownBy(() => poolOf({ password: CANARY } as object));

    expect(textOf(error)).toContain('password');
    expect(inspect(error)).not.toContain(CANARY);
  });
});
