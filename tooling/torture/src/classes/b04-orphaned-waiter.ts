import { judge, type Program } from '../program.ts';
import { ask, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause, settlesWithin } from '../time.ts';

export const program: Program = {
  id: 'B4',
  title: 'No caller is still waiting once close() has resolved',
  needs: [],
  async run(adapter) {
    const server = new Server({ create: (nth) => (nth === 1 ? undefined : pause(60)) });
    const pool = open(adapter, server, { max: 2, acquireTimeoutMs: 30_000 });
    const holder = await lend(pool);
    const connecting = ask(pool);
    const queued = ask(pool);
    for (const request of [connecting, queued]) void request.settled.then(() => request.release());
    await pause(10);
    const closed = settlesWithin(pool.close(), 2_000);
    setTimeout(() => holder.release(), 20);
    const isClosed = await closed;
    await pause(100);
    await Promise.all([connecting.within(0), queued.within(0)]);
    const pass = isClosed && connecting.state !== 'waiting' && queued.state !== 'waiting';
    const close = isClosed ? 'close() settled' : 'close() still pending after 2000 ms';
    return judge(
      pass,
      `${close}; 100 ms later the caller with a connect under way: ${connecting.describe()}, the queued one: ${queued.describe()}`,
    );
  },
};
