import { judge, type Program } from '../program.ts';
import { ask, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { settlesWithin } from '../time.ts';

const AT_ONCE_MS = 300;

export const program: Program = {
  id: 'B26',
  title:
    'After close() an acquire is refused at once, and a release closes its connection and lets close() resolve',
  needs: [],
  async run(adapter) {
    const server = new Server();
    const pool = open(adapter, server, { acquireTimeoutMs: 1_000 });
    const holder = await lend(pool);
    const closed = pool.close();
    const whileClosing = await ask(pool).within(1_300);
    holder.release();
    const isClosed = await settlesWithin(closed, 1_000);
    const { destroys } = holder.connection;
    const afterwards = await ask(pool).within(1_300);
    const isRefused = [whileClosing, afterwards].every(
      ({ state, afterMs }) => state === 'refused' && afterMs <= AT_ONCE_MS,
    );
    const callers = `while closing: ${whileClosing.describe()}, once closed: ${afterwards.describe()}`;
    return judge(
      isRefused && isClosed && destroys === 1,
      `acquire ${callers}; the release destroyed ${destroys} connection(s), close() ${isClosed ? 'settled' : 'still pending'}`,
    );
  },
};
