import assert from 'node:assert/strict';
import { seededRandom } from '@pool/testing';
import type { AdapterPool } from './adapter.ts';
import type { Check, Context } from './check.ts';
import { turn } from './waiting.ts';

const CALLERS = 60;

/** One caller that may abort, make a mistake, destroy its lease, or not wait for its own query. */
async function caller(context: Context, pool: AdapterPool<unknown>, random: () => number): Promise<void> {
  const controller = new AbortController();
  const work = async (connection: unknown): Promise<void> => {
    const dice = random();
    if (dice < 0.2) await context.adapter.mistake(connection);
    if (dice > 0.8) context.adapter.echo(connection, 'not-awaited').catch(() => undefined);
    else await context.answers(connection);
  };
  const turns = random() < 0.4 ? Math.floor(random() * 10) : undefined;
  const done = pool.use(work, { signal: controller.signal });
  const outcome = Promise.allSettled([done]);
  if (turns !== undefined) {
    for (let passed = 0; passed < turns; passed++) await turn();
    controller.abort(new Error('no longer wanted'));
  }
  const [settled] = await outcome;
  if (settled.status === 'rejected' && settled.reason instanceof assert.AssertionError) throw settled.reason;
}

/** All of it at once. */
export const mixed: readonly Check[] = [
  {
    id: 'mixed',
    rule: 'P9 P22',
    title:
      'among many callers that abort, fail and do not wait, each gets its own answers, and no connection is lost',
    needs: [],
    async run(context) {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const random = seededRandom(seed);
      const pool = await context.open({ max: context.has('severalConnections') ? 2 : 1 });
      const callers = Array.from({ length: CALLERS }, () => caller(context, pool, random));
      try {
        await context.soon('all callers', Promise.all(callers));
        await context.until('nobody holds or waits', () => pool.stats().leased + pool.stats().waiting === 0);
        await context.works(pool, 'the next borrower');
      } catch (error) {
        throw new assert.AssertionError({ message: `seed ${seed}: ${String(error)}` });
      }
    },
  },
];
