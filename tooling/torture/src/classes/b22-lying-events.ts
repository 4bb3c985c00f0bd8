import { judge, type Program } from '../program.ts';
import { answerOf, ask, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';
import type { Saying } from '../pool-under-test.ts';

export const program: Program = {
  id: 'B22',
  title: 'Events tell what happened, and nothing else',
  needs: ['lease-events'],
  async run(adapter) {
    const server = new Server();
    // A pool without a lifetime closes it a little later, as idle.
    const pool = open(adapter, server, { maxLifetimeMs: 1_000, idleTimeoutMs: 1_200, sweepMs: 50 });
    const said: Record<Saying, number> = { opened: 0, closed: 0, lent: 0, released: 0, other: 0 };
    pool.listen!((saying) => {
      said[saying]++;
    });
    const first = await answerOf(pool);
    const timedOut = await ask(pool).within(400);
    first.release();
    await pause(1_700);
    const truth = `1 lease, 1 release, ${server.created} opened, ${server.destroyed} closed, 1 caller ${timedOut.state}`;
    const events = `${said.lent} lease, ${said.released} release, ${said.opened} opened, ${said.closed} closed`;
    return judge(
      said.lent === 1 &&
        said.released === 1 &&
        said.opened === server.created &&
        said.closed === server.destroyed,
      `until the connection was closed for its age: ${truth}; events: ${events}`,
    );
  },
};
