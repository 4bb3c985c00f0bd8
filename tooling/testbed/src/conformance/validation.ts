import assert from 'node:assert/strict';
import { setTimeout as idleFor } from 'node:timers/promises';
import type { Check } from './check.ts';

// Above validateAfterIdleMs 0 by any clock.
const A_MOMENT_MS = 3;

/** What is known of an idle connection, and what it costs to know it. */
export const validation: readonly Check[] = [
  {
    id: 'no-round-trip',
    rule: 'P2 P10',
    title: 'a clean connection that was just used is given back and lent without a byte sent',
    needs: ['network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy({ validateAfterIdleMs: 60_000 });
      const costs: number[] = [];
      for (let borrowers = 0; borrowers < 3; borrowers++) {
        const before = proxy.counts.bytesUp;
        await context.works(pool);
        costs.push(proxy.counts.bytesUp - before);
      }
      // The first borrower's bytes are those of the handshake and of preparing, too.
      const start = proxy.counts.bytesUp;
      const lease = await context.soon('a lease', pool.acquire());
      await context.answers(lease.connection);
      const warm = proxy.counts.bytesUp;
      await context.answers(lease.connection);
      const query = proxy.counts.bytesUp - warm;
      lease.release();
      assert.equal(warm - start, query, 'bytes of lending and a query, against those of a query alone');
      assert.equal(costs[2], query, 'bytes of a borrower that asks once, against those of a query alone');
    },
  },
  {
    id: 'killed-idle',
    rule: 'P11 P14',
    title:
      'a connection that the server ended while it was idle is not lent: the next borrower notices nothing',
    needs: ['serverKill'],
    async run(context) {
      const pool = await context.open({ validateAfterIdleMs: 0 });
      const lease = await context.soon('a lease', pool.acquire());
      const { connection } = lease;
      lease.release();
      await idleFor(A_MOMENT_MS);
      await context.adapter.kill!(connection);
      await context.works(pool, 'the next borrower');
      assert.equal(pool.metrics().counters.created, 2, 'connections opened');
    },
  },
  {
    id: 'mute-idle',
    rule: 'P14',
    title:
      'a connection that has gone mute while idle is found within validateTimeoutMs, and replaced in the same acquire',
    needs: ['network'],
    async run(context) {
      const timeouts = { validateAfterIdleMs: 0, validateTimeoutMs: 50, destroyTimeoutMs: 50 };
      const { pool, proxy } = await context.openThroughProxy(timeouts);
      await context.works(pool);
      await idleFor(A_MOMENT_MS);
      proxy.stall('open');
      await context.works(pool, 'the next borrower');
      const { created, closed } = pool.metrics().counters;
      assert.deepEqual({ created, invalid: closed.invalid }, { created: 2, invalid: 1 });
    },
  },
];
