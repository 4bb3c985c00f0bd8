import type { Clock } from '@pool/core';
import { describe, expect, test } from 'vitest';
import {
  planOf,
  replay,
  simulate,
  SimulationError,
  type SimulateOptions,
  type Subject,
} from '../src/index.ts';
import { DEFECTS } from './defects/pools.ts';

async function errorOf<C>(options: SimulateOptions<C>): Promise<SimulationError> {
  try {
    await simulate(options);
  } catch (error) {
    if (error instanceof SimulationError) return error;
    throw error;
  }
  throw new Error('the simulation found nothing');
}

// Thousands of steps, also where many others run.
const PATIENT = { timeout: 60_000 };

describe('the simulator', PATIENT, () => {
  test('lives the same life for the same seed, and another for another', async () => {
    const [first, again, other] = [
      await simulate({ seed: 7, seeds: 5 }),
      await simulate({ seed: 7, seeds: 5 }),
      await simulate({ seed: 8, seeds: 5 }),
    ];

    expect(again.fingerprint).toBe(first.fingerprint);
    expect(other.fingerprint).not.toBe(first.fingerprint);
    expect(first).toMatchObject({ seeds: 5, steps: 1_000 });
  });

  test.each(DEFECTS)(
    'finds a pool that $wrong, and shrinks and replays the way to it',
    async ({ rule, createPool }) => {
      const error = await errorOf({ createPool, seeds: 200, steps: 100 });

      expect(error.broken.join('\n')).toMatch(rule);
      expect(error.message).toContain(`seed ${error.seed}`);
      expect(error.plan.actions.length).toBeLessThanOrEqual(8);
      expect((await replay(error.plan, { createPool })).broken).toEqual(error.broken);
    },
  );

  test('leaves out, seed by seed, some of the actions and of the faults', () => {
    const kinds = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const { actions } = planOf(seed, 300);
      return new Set(actions.map((action) => action.do)).size;
    });

    expect(Math.max(...kinds)).toBeLessThan(23);
    expect(new Set(kinds).size).toBeGreaterThan(2);
  });
});

/** A driver with sockets. One that is careless leaves the socket of a connect that is given up open. */
function socketSubject(isCareless: boolean): (clock: Clock) => Subject<{ socket: number }> {
  return (clock) => {
    const sockets = new Set<number>();
    let next = 0;
    return {
      factory: {
        async create({ signal }) {
          const socket = next++;
          sockets.add(socket);
          await new Promise<void>((resolve) => void clock.setTimer(resolve, 60, false));
          if (!signal.aborted) return { socket };
          if (!isCareless) sockets.delete(socket);
          throw signal.reason;
        },
        destroy: ({ socket }) => void sockets.delete(socket),
      },
      brokenRules: (pool) =>
        pool.stats().phase === 'closed' && sockets.size > 0 ? [`sockets stay open: ${sockets.size}`] : [],
    };
  };
}

describe('a factory of one’s own', PATIENT, () => {
  test('is driven with the rules that come with it', async () => {
    await expect(simulate({ subject: socketSubject(false), seeds: 50, steps: 100 })).resolves.toMatchObject({
      steps: 5_000,
    });
  });

  test('that is careless is found out', async () => {
    const error = await errorOf({
      subject: socketSubject(true),
      seeds: 50,
      steps: 100,
    });

    expect(error.broken.join()).toContain('sockets stay open');
    expect(error.plan.actions.length).toBeLessThanOrEqual(3);
  });
});
