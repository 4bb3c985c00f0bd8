import assert from 'node:assert/strict';
import type { AdapterPool } from './adapter.ts';
import type { Check, Context } from './check.ts';
import { failureOf, turn } from './waiting.ts';

/** Starts the statement that takes for ever, aborts it once the server is at it. */
async function cancelled(context: Context, pool: AdapterPool<unknown>): Promise<void> {
  const cancel = context.adapter.cancel!;
  const reason = new Error('the caller has changed his mind');
  const controller = new AbortController();
  const failed = failureOf(cancel.run(pool, controller.signal));
  await context.until('the statement runs on the server', () => cancel.isRunning());
  controller.abort(reason);
  assert.equal(await context.soon('the cancelled statement', failed), reason);
}

/** Callers that change their mind. */
export const cancellation: readonly Check[] = [
  {
    id: 'abort-waiting',
    rule: 'P6',
    title:
      "a waiting caller that aborts is told with its signal's own reason, and takes no connection with it",
    needs: [],
    async run(context) {
      const pool = await context.open();
      const lease = await context.soon('a lease', pool.acquire());
      const reason = new Error('no longer wanted');
      const controller = new AbortController();
      const failed = failureOf(pool.acquire({ signal: controller.signal }));
      await context.until('a waiting caller', () => pool.stats().waiting === 1);
      controller.abort(reason);
      assert.equal(await context.soon('the aborted caller', failed), reason);
      lease.release();
      await context.works(pool, 'the next borrower');
    },
  },
  {
    id: 'aborted-before',
    rule: 'P6',
    title: 'a caller that has aborted already is told at once, and no connection is opened for it',
    needs: [],
    async run(context) {
      const pool = await context.open();
      const reason = new Error('no longer wanted');
      const failed = failureOf(pool.acquire({ signal: AbortSignal.abort(reason) }));
      assert.equal(await context.soon('the aborted caller', failed), reason);
      const { creating, size } = pool.stats();
      assert.deepEqual({ creating, size }, { creating: 0, size: 0 });
    },
  },
  {
    id: 'abort-at-release',
    rule: 'P6',
    title: 'an abort in the very tick of the release that serves the caller loses no connection',
    needs: [],
    async run(context) {
      const pool = await context.open();
      for (const isReleasedFirst of [true, false]) {
        const lease = await context.soon('a lease', pool.acquire());
        const controller = new AbortController();
        const caller = pool.acquire({ signal: controller.signal });
        const outcome = Promise.allSettled([caller.then((late) => late.release())]);
        if (isReleasedFirst) lease.release();
        controller.abort(new Error('no longer wanted'));
        if (!isReleasedFirst) lease.release();
        await context.soon('the caller, one way or the other', outcome);
        await context.works(pool, 'the next borrower');
      }
    },
  },
  {
    id: 'abort-connecting',
    rule: 'P6',
    title: 'a connect goes on for others when the caller it was begun for aborts',
    needs: [],
    async run(context) {
      // Where connects can be counted from outside, they are.
      const through = context.has('network') ? await context.openThroughProxy() : undefined;
      const pool = through?.pool ?? (await context.open());
      through?.proxy.stall();
      const controller = new AbortController();
      const failed = failureOf(pool.acquire({ signal: controller.signal }));
      await context.until('a connect under way', () => pool.stats().creating === 1);
      await context.soon(
        'the connect at the proxy',
        through?.proxy.until(({ accepted }) => accepted > 0) ?? turn(),
      );
      controller.abort(new Error('no longer wanted'));
      await context.soon('the aborted caller', failed);
      through?.proxy.resume();
      await context.works(pool, 'the next borrower');
      assert.equal(pool.metrics().counters.created, 1, 'connections opened');
      if (through !== undefined) assert.equal(through.proxy.counts.accepted, 1, 'connects begun');
    },
  },
  {
    id: 'cancel-stops',
    rule: 'P6',
    title: "a cancelled statement rejects with the signal's own reason, and stops on the server",
    needs: ['cancel'],
    async run(context) {
      const pool = await context.open();
      await cancelled(context, pool);
      await context.until(
        'the statement stops on the server',
        async () => !(await context.adapter.cancel!.isRunning()),
      );
      await context.works(pool, 'the next borrower');
    },
  },
  {
    id: 'cancel-hits-nobody-else',
    rule: 'P6',
    title: 'a cancelled statement neither holds up nor fails nor answers those that follow it',
    needs: ['cancel'],
    async run(context) {
      const pool = await context.open();
      await cancelled(context, pool);
      for (let borrowers = 0; borrowers < 10; borrowers++)
        await context.works(pool, 'a borrower after the cancel');
    },
  },
];
