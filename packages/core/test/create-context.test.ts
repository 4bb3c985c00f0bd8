import { VirtualClock } from '@pool/testing';
import { expect, test } from 'vitest';
import {
  createPool,
  type CreateContext,
  type Factory,
  type PoolEvents,
  type PoolOptions,
} from '../src/index.ts';

const never = (): Promise<void> => new Promise(() => {});

/** A pool of contexts: the connection is what its factory was told. */
function scene(options: PoolOptions = {}, own: Partial<Factory<CreateContext>> = {}) {
  const clock = new VirtualClock();
  const factory: Factory<CreateContext> = { create: async (context) => context, destroy: () => {}, ...own };
  const pool = createPool(factory, options, { clock });
  const errors: PoolEvents['error'][] = [];
  pool.on('error', (payload) => void errors.push(payload));
  return { clock, pool, errors };
}

test('P21: what a factory reports of a connection is an error event', async () => {
  const { pool, errors } = scene();
  const error = new Error('a transaction was left open');
  await pool.use((context) => context.report(error));
  expect(errors).toEqual([{ phase: 'lease', error }]);
  expect(pool.metrics().counters.backgroundErrors).toBe(1);
});

test('P18: a factory can ask where the lease that it cleans up after was acquired', async () => {
  const places: (string | undefined)[] = [];
  const reset = (context: CreateContext): void => void places.push(context.acquiredAt());
  const { pool } = scene({}, { reset });
  async function borrowAndForget(): Promise<void> {
    const lease = await pool.acquire();
    expect(lease.connection.acquiredAt()).toContain('borrowAndForget');
    lease.release();
  }
  await borrowAndForget();
  expect(places).toEqual([expect.stringContaining('borrowAndForget')]);
});

test('P19: a close that outlasts destroyTimeoutMs aborts the signal of the connection', async () => {
  const { clock, pool } = scene({ destroyTimeoutMs: 50 }, { destroy: never });
  const { signal } = await pool.use((context) => context);
  const closed = pool.close();
  await clock.advance(49);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.aborted).toBe(true);
  await closed;
});
