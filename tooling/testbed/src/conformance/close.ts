import assert from 'node:assert/strict';
import type { Check, Context } from './check.ts';
import { begun, codeOf, failureOf } from './waiting.ts';

async function leavesNothing(context: Context): Promise<void> {
  const { adapter } = context;
  if (adapter.countConnections === undefined) return;
  await context.until(
    'no connection left on the server',
    async () => (await adapter.countConnections!()) === 0,
  );
}

/** The end, whatever is going on. */
export const close: readonly Check[] = [
  {
    id: 'close-waits',
    rule: 'P19',
    title: 'close waits for a lease, which works until its end, and refuses newcomers meanwhile',
    needs: [],
    async run(context) {
      const pool = await context.open({ closeGraceMs: 60_000 });
      const lease = await context.soon('a lease', pool.acquire());
      const closed = begun(pool.close());
      const refused = await context.soon('a newcomer', failureOf(pool.acquire()));
      assert.equal(codeOf(refused), 'POOL_CLOSED');
      await context.staysPending('close', closed);
      await context.soon('the query of the lease', context.answers(lease.connection));
      lease.release();
      await context.soon('close, after the release', closed);
      await leavesNothing(context);
    },
  },
  {
    id: 'close-rejects-waiting',
    rule: 'P19',
    title: 'close rejects the callers that wait',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      const waiting = failureOf(pool.acquire());
      await context.until('a waiting caller', () => pool.stats().waiting === 1);
      const closed = begun(pool.close());
      assert.equal(codeOf(await context.soon('the caller that waits', waiting)), 'POOL_CLOSED');
      lease.release();
      await context.soon('close', closed);
    },
  },
  {
    id: 'close-cuts',
    rule: 'P19',
    title: 'at closeGraceMs close ends the leases that are left',
    needs: [],
    async run(context) {
      const pool = await context.open({ closeGraceMs: 20 });
      const lease = await context.soon('a lease', pool.acquire());
      await context.soon('close', pool.close());
      assert.ok(lease.isEnded, 'the lease goes on');
      lease.release();
      await leavesNothing(context);
    },
  },
  {
    id: 'close-twice',
    rule: 'P19',
    title: 'close may be called again, and before the pool was ever used',
    needs: [],
    async run(context) {
      const pool = await context.open();
      await context.soon('close, twice at once', Promise.all([pool.close(), pool.close()]));
      await context.soon('close once more', pool.close());
      assert.equal(pool.stats().phase, 'closed');
    },
  },
  {
    id: 'close-connecting',
    rule: 'P19',
    title: 'close during a connect rejects its caller, and leaves no connection',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const connecting = failureOf(pool.acquire());
      await context.until('a connect under way', () => pool.stats().creating === 1);
      await context.soon('close', pool.close());
      assert.equal(codeOf(await context.soon('the caller', connecting)), 'POOL_CLOSED');
      assert.equal(pool.stats().size, 0);
      await leavesNothing(context);
    },
  },
  {
    id: 'close-leaves-nothing',
    rule: 'P19',
    title: 'after close there is neither connection nor timer that would keep the process alive',
    needs: [],
    async run(context) {
      const before = process.getActiveResourcesInfo().toSorted();
      const pool = await context.open();
      await context.works(pool);
      await context.soon('close', pool.close());
      const isGone = (): boolean => leftOver(before, process.getActiveResourcesInfo()).length === 0;
      await context.until('nothing is left', isGone).catch((error: unknown) => {
        const left = leftOver(before, process.getActiveResourcesInfo()).join(', ');
        throw new assert.AssertionError({ message: `${String(error)}; left: ${left}` });
      });
      await leavesNothing(context);
    },
  },
];

/** What is there now beyond what was there before, kind by kind. */
function leftOver(before: readonly string[], now: readonly string[]): string[] {
  const known = [...before];
  return now.filter((kind) => {
    const at = known.indexOf(kind);
    if (at !== -1) known.splice(at, 1);
    return at === -1;
  });
}
