import { AsyncLocalStorage } from 'node:async_hooks';
import type { Adapter, PoolUnderTest } from '../pool-under-test.ts';
import { judge, type Program } from '../program.ts';
import { ask, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause, settlesWithin } from '../time.ts';

const context = new AsyncLocalStorage<string>();

export const program: Program = {
  id: 'B28',
  title: "A borrower sees neither another one's async context nor its session state",
  needs: [],
  async run(adapter) {
    const seen = new Map<string, string | undefined>();
    seen.set(
      'acquire()',
      await contextOf(adapter, async (pool) => {
        const request = ask(pool);
        await request.settled;
        return context.getStore();
      }),
    );
    if (adapter.lacks['own-work'] === undefined) {
      seen.set('use()', await contextOf(adapter, (pool) => pool.use!(async () => context.getStore())));
    }
    const probe = open(adapter, new Server());
    if (probe.acquireByCallback !== undefined) {
      seen.set(
        'acquire(callback)',
        await contextOf(
          adapter,
          (pool) =>
            new Promise((resolve) => {
              pool.acquireByCallback!(() => resolve(context.getStore()));
            }),
        ),
      );
    }
    const session = await sessionOf(adapter);
    const contexts = [...seen].map(([how, store]) => `after ${how} the context of the ${store ?? 'nobody'}`);
    return judge(
      [...seen.values()].every((store) => store === 'caller') && session !== 'dirty',
      `${contexts.join(', ')}; session after reset: ${session}`,
    );
  },
};

/** What a caller sees that had to wait, and was served by a release in another context. */
async function contextOf(
  adapter: Adapter,
  work: (pool: PoolUnderTest) => Promise<string | undefined>,
): Promise<string | undefined> {
  const pool = open(adapter, new Server(), { acquireTimeoutMs: 1_000 });
  const holder = await lend(pool);
  const seen = context.run('caller', () => work(pool));
  setTimeout(() => context.run('releaser', () => holder.release()), 20);
  await settlesWithin(seen, 1_500);
  return seen;
}

/** Whether the next borrower can get the connection before `reset` has cleaned it. */
async function sessionOf(adapter: Adapter): Promise<string> {
  let isDirty = false;
  let resets = 0;
  const server = new Server({
    async reset() {
      await pause(50);
      isDirty = false;
      resets++;
    },
  });
  const pool = open(adapter, server, { acquireTimeoutMs: 1_000 });
  const holder = await lend(pool);
  const next = ask(pool);
  isDirty = true;
  holder.release();
  await next.within(1_500);
  const isClean = !isDirty;
  if (resets === 0) return 'the pool has no reset hook';
  return isClean && next.isGranted ? 'clean' : 'dirty';
}
