import { judge, type Program } from '../program.ts';
import { ask, lendMany, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause, settlesWithin } from '../time.ts';

const MAX = 8;

export const program: Program = {
  id: 'B25',
  title: 'close() closes every connection exactly once: idle, lent and being opened',
  needs: [],
  async run(adapter) {
    const server = new Server({
      create: (nth) => pause(nth === MAX ? 100 : 1),
      destroy: ({ id }) => pause((id * 7) % 20),
    });
    const pool = open(adapter, server, { max: MAX, acquireTimeoutMs: 1_000 });
    const held = await lendMany(pool, MAX - 1);
    const connecting = ask(pool);
    void connecting.settled.then(() => connecting.release());
    for (const { release } of held.slice(2)) release();
    await pause(20);
    const closed = settlesWithin(pool.close(), 2_000);
    setTimeout(() => {
      for (const { release } of held.slice(0, 2)) release();
    }, 50);
    const isClosed = await closed;
    // A connect given up may still arrive, and is to be closed then.
    await pause(200);
    const times = (count: number): number =>
      server.connections.filter(({ destroys }) => destroys === count).length;
    const once = times(1);
    return judge(
      isClosed && once === server.created,
      `close() ${isClosed ? 'settled' : 'still pending after 2000 ms'}; of ${server.created} connections ${once} destroyed once, ${times(0)} never, ${server.created - once - times(0)} more than once`,
    );
  },
};
