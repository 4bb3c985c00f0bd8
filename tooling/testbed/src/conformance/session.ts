import assert from 'node:assert/strict';
import type { AdapterPool } from './adapter.ts';
import type { Check, Context } from './check.ts';
import { freshToken } from './tokens.ts';
import { begun, failureOf } from './waiting.ts';

async function isCleanForNext(context: Context, pool: AdapterPool<unknown>): Promise<void> {
  const isClean = await context.soon(
    'the next borrower',
    pool.use((connection) => context.adapter.session!.isClean(connection)),
  );
  assert.ok(isClean, 'the next borrower sees what the one before it left');
}

/** Nothing passes from one borrower to the next. */
export const session: readonly Check[] = [
  {
    id: 'session-state',
    rule: 'P10',
    title: 'what one borrower changed in the session is gone for the next',
    needs: ['sessionState'],
    async run(context) {
      const pool = await context.open();
      await context.soon(
        'a borrower',
        pool.use((connection) => context.adapter.session!.soil(connection)),
      );
      await isCleanForNext(context, pool);
    },
  },
  {
    id: 'session-state-after-error',
    rule: 'P10',
    title: 'what a borrower that failed changed in the session is gone for the next',
    needs: ['sessionState'],
    async run(context) {
      const pool = await context.open();
      const { session: actions, mistake } = context.adapter;
      const work = async (connection: unknown): Promise<void> => {
        await actions!.soil(connection);
        await mistake(connection);
      };
      await context.soon('a borrower that fails', failureOf(pool.use(work)));
      await isCleanForNext(context, pool);
    },
  },
  {
    id: 'session-state-to-waiter',
    rule: 'P10',
    title: 'a caller that waits for the connection while it is soiled gets it clean',
    needs: ['sessionState'],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      await context.adapter.session!.soil(lease.connection);
      const next = begun(isCleanForNext(context, pool));
      await context.staysPending('the caller that waits', next);
      lease.release();
      await next;
    },
  },
  {
    id: 'reset-stuck',
    rule: 'P10',
    title: 'a reset that is not answered is given up at resetTimeoutMs, and its connection closed',
    needs: ['sessionState', 'network'],
    async run(context) {
      const { pool, proxy } = await context.openThroughProxy({ resetTimeoutMs: 50, destroyTimeoutMs: 50 });
      const lease = await context.soon('a lease', pool.acquire());
      await context.adapter.session!.soil(lease.connection);
      proxy.stall('open');
      lease.release();
      await context.works(pool, 'the next borrower');
      assert.equal(pool.metrics().counters.closed.reset, 1, 'connections closed by a reset');
    },
  },
  {
    id: 'open-transaction',
    rule: 'P10',
    title: 'a transaction that a borrower left open is rolled back before the next one',
    needs: ['openTransaction'],
    async run(context) {
      const pool = await context.open();
      const table = context.adapter.table!;
      const value = freshToken();
      const forget = async (connection: unknown): Promise<void> => {
        await table.begin!(connection);
        await table.insert(connection, value);
      };
      await context.soon('a borrower', pool.use(forget));
      const values = await context.soon(
        'the next borrower',
        pool.use((connection) => table.values(connection)),
      );
      assert.ok(!values.includes(value), 'the next borrower is in the transaction of the one before it');
    },
  },
  {
    id: 'not-awaited',
    rule: 'P10',
    title: 'a query that a borrower did not wait for answers nobody else',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      const forgotten = Promise.allSettled([context.adapter.echo(lease.connection, freshToken())]);
      lease.release();
      for (let borrowers = 0; borrowers < 3; borrowers++) await context.works(pool, 'the next borrower');
      await context.soon('the query that nobody waited for settles', forgotten);
    },
  },
];
