import assert from 'node:assert/strict';
import type { PoolMetrics } from '@pool/core';
import type { Check } from './check.ts';
import { begun, codeOf, failureOf } from './waiting.ts';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0);

/** What a borrower does from acquire to release, and what the pool makes of it. */
export const lifecycle: readonly Check[] = [
  {
    id: 'reuse',
    rule: 'P1',
    title: 'a connection that was given back answers the next borrower, and no second one is opened',
    needs: [],
    async run(context) {
      const pool = await context.open();
      for (let borrowers = 0; borrowers < 3; borrowers++) await context.works(pool);
      assert.equal(pool.metrics().counters.created, 1, 'connections opened');
    },
  },
  {
    id: 'max',
    rule: 'P1',
    title: 'there are never more than max connections, whoever counts',
    needs: [],
    async run(context) {
      const { adapter } = context;
      const max = context.has('severalConnections') ? 2 : 1;
      const pool = await context.open({ max });
      const leases = await context.soon(
        'max leases',
        Promise.all(Array.from({ length: max }, () => pool.acquire())),
      );
      const extra = begun(pool.acquire());
      assert.ok(pool.stats().size <= max, `size is ${pool.stats().size}, max is ${max}`);
      for (const lease of leases) await context.answers(lease.connection);
      await context.staysPending('an acquire beyond max', extra);
      if (adapter.countConnections !== undefined) {
        assert.ok((await adapter.countConnections()) <= max, 'the server counts more than max connections');
      }
      for (const lease of leases) lease.release();
      (await context.soon('the acquire beyond max, after a release', extra)).release();
    },
  },
  {
    id: 'second-end',
    rule: 'P9',
    title: 'a second release or destroy of a lease does nothing to whoever has the connection by then',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const first = await context.soon('a lease', pool.acquire());
      first.release();
      const second = await context.soon('the next lease', pool.acquire());
      first.release();
      first.destroy();
      const third = begun(pool.acquire());
      await context.staysPending('a third borrower', third);
      await context.soon('the query of the second borrower', context.answers(second.connection));
      second.release();
      (await context.soon('the third lease', third)).release();
      assert.equal(pool.metrics().counters.created, 1, 'connections opened');
    },
  },
  {
    id: 'use-after-end',
    rule: 'P9',
    title: 'the connection is out of reach through a lease that has ended',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      lease.release();
      assert.ok(lease.isEnded, 'isEnded after release');
      assert.throws(
        () => lease.connection,
        (error) => codeOf(error) === 'POOL_LEASE_ENDED',
      );
    },
  },
  {
    id: 'destroyed',
    rule: 'P9',
    title: 'a connection whose lease was ended by destroy is never lent again',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      lease.destroy();
      await context.works(pool, 'the next borrower');
      const { created, closed } = pool.metrics().counters;
      assert.deepEqual({ created, invalid: closed.invalid }, { created: 2, invalid: 1 });
    },
  },
  {
    id: 'work-throws',
    rule: 'P21',
    title: 'what the work throws reaches the caller as it is, and frees the connection for the next',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const thrown = new Error('thrown by the work');
      const failed = failureOf(pool.use(() => Promise.reject(thrown)));
      assert.equal(await context.soon('the error', failed), thrown);
      await context.works(pool, 'the next borrower');
      assert.equal(pool.metrics().counters.created, 1, 'connections opened');
    },
  },
  {
    id: 'min',
    rule: 'P15',
    title: 'ready opens min connections, and they stay',
    needs: ['min', 'severalConnections'],
    async run(context) {
      const pool = await context.open({ max: 2, min: 2, idleTimeoutMs: 20 });
      await context.soon('ready', pool.ready());
      await context.until('two idle connections', () => pool.stats().idle === 2);
      await context.works(pool);
      await context.until('two idle connections again', () => pool.stats().idle === 2);
      assert.equal(pool.metrics().counters.created, 2, 'connections opened');
    },
  },
  {
    id: 'numbers',
    rule: 'P22',
    title: 'the numbers add up after successes, errors, aborts, timeouts and close',
    needs: [],
    async run(context) {
      const pool = await context.open();
      await context.works(pool);
      const mistake = failureOf(pool.use((connection) => context.adapter.mistake(connection)));
      await context.soon('the error', mistake);
      const lease = await context.soon('a lease', pool.acquire());
      await context.soon('the abort', failureOf(pool.acquire({ signal: AbortSignal.abort() })));
      await context.soon('the timeout', failureOf(pool.acquire({ timeoutMs: 10 })));
      addUp(pool.metrics());
      lease.destroy();
      await context.soon('close', pool.close());
      await context.soon('the refusal', failureOf(pool.acquire()));
      addUp(pool.metrics());
      const { attempts, acquired, timedOut, aborted, refused } = pool.metrics().counters;
      const expected = { attempts: 6, acquired: 3, timedOut: 1, aborted: 1, refused: 1 };
      assert.deepEqual({ attempts, acquired, timedOut, aborted, refused }, expected);
    },
  },
];

function addUp({ counters, gauges, waitMs, useMs }: PoolMetrics): void {
  const { attempts, acquired, released, timedOut, aborted, refused, created, closed } = counters;
  assert.equal(attempts, acquired + timedOut + aborted + refused + gauges.waiting, 'attempts');
  assert.equal(acquired, released + gauges.leased, 'acquired');
  assert.equal(created, sum(closed) + gauges.size - gauges.creating, 'created');
  assert.deepEqual([waitMs.count, useMs.count], [acquired, released], 'histograms');
}
