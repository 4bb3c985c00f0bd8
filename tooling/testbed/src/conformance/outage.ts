import assert from 'node:assert/strict';
import type { Check } from './check.ts';
import { begun, codeOf, failureOf } from './waiting.ts';

/** The server cannot be reached at all. */
export const outage: readonly Check[] = [
  {
    id: 'outage-survived',
    rule: 'P12',
    title: 'callers that come while the server refuses connections wait, and are served when it is back',
    needs: ['network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy();
      await proxy.refuse();
      const waiting = begun(pool.use((connection) => context.answers(connection), { timeoutMs: 60_000 }));
      await Promise.race([
        waiting,
        context.until('a failed connect', () => pool.metrics().counters.createFailed > 0),
      ]);
      await proxy.accept();
      await context.soon('the caller, after the server is back', waiting);
    },
  },
  {
    id: 'outage-cause',
    rule: 'P5',
    title: 'a caller whose deadline comes during an outage is told why nobody could connect',
    needs: ['network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy();
      await proxy.refuse();
      void begun(pool.acquire({ timeoutMs: 60_000 }));
      await context.until('a failed connect', () => pool.metrics().counters.createFailed > 0);
      const error = await context.soon('the timeout', failureOf(pool.acquire({ timeoutMs: 50 })));
      assert.equal(codeOf(error), 'POOL_ACQUIRE_TIMEOUT');
      assert.equal(codeOf((error as Error).cause), 'ECONNREFUSED');
      const { secret } = context.adapter;
      if (secret !== undefined)
        assert.ok(!(error as Error).message.includes(secret), 'P24: a secret is in the message');
    },
  },
  {
    id: 'silent-server',
    rule: 'P13',
    title: 'a server that accepts and says nothing is given up at createTimeoutMs, and the socket closed',
    needs: ['network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy({ createTimeoutMs: 100 });
      proxy.silence();
      const waiting = begun(pool.use((connection) => context.answers(connection), { timeoutMs: 60_000 }));
      await context.soon(
        'giving up the silent connection',
        proxy.until(({ endedByClient }) => endedByClient > 0),
      );
      await proxy.accept();
      await context.soon('the caller, after the server speaks', waiting);
    },
  },
];
