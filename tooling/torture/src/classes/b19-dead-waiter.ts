import { judge, type Program } from '../program.ts';
import { ask, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

export const program: Program = {
  id: 'B19',
  title: 'A caller that timed out is gone: not counted as waiting, not in the way of the next one',
  needs: [],
  async run(adapter) {
    const pool = open(adapter, new Server(), { maxWaiting: 3, acquireTimeoutMs: 400 });
    const holder = await lend(pool);
    const dead = [ask(pool), ask(pool), ask(pool)];
    await Promise.all(dead.map((request) => request.within(1_000)));
    const { waiting } = pool.counts();
    const next = ask(pool);
    await pause(30);
    holder.release();
    await next.within(1_000);
    const timedOut = dead.filter((request) => request.state === 'refused').length;
    return judge(
      waiting === 0 && next.isGranted,
      `${timedOut} callers timed out, then waiting reads ${waiting}; the next caller, the queue limited to 3 where it can be: ${next.describe()}`,
    );
  },
};
