import assert from 'node:assert/strict';
import type { AcquireTimeoutError } from '@pool/core';
import type { Check } from './check.ts';
import { begun, codeOf, failureOf } from './waiting.ts';

const DEADLINE_MS = 30;

/** Who is served when, and who is told that he is not. */
export const fairness: readonly Check[] = [
  {
    id: 'fifo',
    rule: 'P3',
    title: 'waiting callers are served in the order in which they came',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      const served: number[] = [];
      const callers = Array.from({ length: 5 }, (_, caller) =>
        begun(pool.use(() => void served.push(caller))),
      );
      lease.release();
      await context.soon('five callers', Promise.all(callers));
      assert.deepEqual(served, [0, 1, 2, 3, 4]);
    },
  },
  {
    id: 'no-overtaking',
    rule: 'P3',
    title: 'a newcomer that calls in the very tick of a release does not overtake',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      const served: string[] = [];
      const waiting = begun(pool.use(() => void served.push('waiting')));
      await context.until('a waiting caller', () => pool.stats().waiting === 1);
      lease.release();
      const newcomer = begun(pool.use(() => void served.push('newcomer')));
      await context.soon('both callers', Promise.all([waiting, newcomer]));
      assert.deepEqual(served, ['waiting', 'newcomer']);
    },
  },
  {
    id: 'deadline',
    rule: 'P5',
    title:
      'a caller is told at its deadline, not before, with the phase and the counts, and takes no connection with it',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      const start = performance.now();
      const error = await context.soon('the timeout', failureOf(pool.acquire({ timeoutMs: DEADLINE_MS })));
      assert.equal(codeOf(error), 'POOL_ACQUIRE_TIMEOUT');
      assert.ok(performance.now() - start >= DEADLINE_MS, 'told before its deadline');
      const { phase, stats } = error as AcquireTimeoutError;
      assert.deepEqual(
        { phase, max: stats.max, leased: stats.leased },
        { phase: 'queue', max: 1, leased: 1 },
      );
      lease.release();
      await context.works(pool, 'the next borrower');
    },
  },
  {
    id: 'queue-full',
    rule: 'P8',
    title: 'with maxWaiting callers waiting, the next one is refused at once, and those that wait are served',
    needs: [],
    async run(context) {
      const pool = await context.open({ maxWaiting: 2 });
      const lease = await context.soon('a lease', pool.acquire());
      const waiting = [1, 2].map(() => begun(pool.use((connection) => context.answers(connection))));
      const error = await context.soon('the refusal', failureOf(pool.acquire()));
      assert.equal(codeOf(error), 'POOL_QUEUE_FULL');
      lease.release();
      await context.soon('the callers that wait', Promise.all(waiting));
    },
  },
];
