import assert from 'node:assert/strict';
import type { ConnectError } from '@pool/core';
import type { AdapterPool } from './adapter.ts';
import type { Check, Context } from './check.ts';
import { codeOf, failureOf } from './waiting.ts';

/** The pool has noticed by itself, and the next borrower gets a new connection. */
async function losesAndRecovers(context: Context, pool: AdapterPool<unknown>): Promise<void> {
  await context.until('the connection is closed as lost', () => pool.metrics().counters.closed.lost === 1);
  await context.works(pool, 'the next borrower');
}

/** Connections that die under their borrowers, or while idle. */
export const failure: readonly Check[] = [
  {
    id: 'mistake',
    rule: 'P21',
    title: 'an ordinary error of the database does not cost the connection',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const mistake = pool.use((connection) => context.adapter.mistake(connection));
      const error = await context.soon('the error', failureOf(mistake));
      assert.ok(
        !String(codeOf(error)).startsWith('POOL_'),
        "the error is the pool's, and not the database's",
      );
      await context.works(pool, 'the next borrower');
      assert.equal(pool.metrics().counters.created, 1, 'connections opened');
    },
  },
  {
    id: 'killed-leased',
    rule: 'P11',
    title: 'a connection that the server ends under its borrower fails him, and not the next one',
    needs: ['serverKill'],
    async run(context) {
      const pool = await context.open();
      const work = async (connection: unknown): Promise<void> => {
        await context.adapter.kill!(connection);
        await context.answers(connection);
      };
      await context.soon('the error of the borrower', failureOf(pool.use(work)));
      await context.works(pool, 'the next borrower');
    },
  },
  {
    id: 'killed-never-released',
    rule: 'P11',
    title: 'the slot of a connection that was lost under its borrower is free, also if he never releases',
    needs: ['serverKill'],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      await context.adapter.kill!(lease.connection);
      await context.works(pool, 'another borrower');
      lease.release();
      await context.works(pool, 'another borrower, after the late release');
    },
  },
  {
    id: 'min-restored',
    rule: 'P15',
    title: 'min is restored after a connection was lost, without anybody asking',
    needs: ['serverKill', 'min'],
    async run(context) {
      const pool = await context.open({ min: 1 });
      const lease = await context.soon('a lease', pool.acquire());
      const { connection } = lease;
      lease.release();
      await context.adapter.kill!(connection);
      await context.until(
        'a new idle connection',
        () => pool.metrics().counters.created === 2 && pool.stats().idle === 1,
      );
    },
  },
  {
    id: 'reset-idle',
    rule: 'P11',
    title: 'an idle connection that is reset by the network is closed at once',
    needs: ['network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy();
      await context.works(pool);
      proxy.reset();
      await losesAndRecovers(context, pool);
    },
  },
  {
    id: 'half-closed-idle',
    rule: 'P11',
    title: 'an idle connection that the server half-closes is closed at once',
    needs: ['network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy();
      await context.works(pool);
      proxy.halfClose();
      await losesAndRecovers(context, pool);
    },
  },
  {
    id: 'cut-answer',
    rule: 'P11',
    title: 'a connection that is cut in the middle of an answer fails its borrower, and not the next one',
    needs: ['network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy();
      const lease = await context.soon('a lease', pool.acquire());
      proxy.cutAfter(1, 'down');
      await context.soon('the error of the borrower', failureOf(context.answers(lease.connection)));
      await proxy.heal();
      lease.release();
      await context.works(pool, 'the next borrower');
    },
  },
  {
    id: 'refused-for-good',
    rule: 'P12 P24',
    title: 'a server that refuses for good is told at once, with its own error as cause and without a secret',
    needs: ['fatalRefusal'],
    async run(context) {
      const pool = await context.openRefused({ acquireTimeoutMs: 60_000 });
      for (let callers = 0; callers < 2; callers++) {
        const error = await context.soon('the refusal', failureOf(pool.acquire()));
        assert.equal(codeOf(error), 'POOL_CONNECT_FAILED');
        assert.ok((error as ConnectError).cause instanceof Error, "the driver's error is the cause");
        const { secret } = context.adapter;
        if (secret !== undefined)
          assert.ok(!(error as Error).message.includes(secret), 'a secret is in the message');
      }
    },
  },
];
