import { judge, type Program } from '../program.ts';
import { lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause, settlesWithin } from '../time.ts';

export const program: Program = {
  id: 'B5',
  title: 'close() does not close a connection under the work of its borrower, and waits for it',
  needs: [],
  async run(adapter) {
    const pool = open(adapter, new Server(), { max: 2 });
    const [busy, idle] = [await lend(pool), await lend(pool)];
    idle.release();
    let isClosed = false;
    const closed = pool.close().then(() => {
      isClosed = true;
    });
    await pause(300);
    const wasOpen = busy.connection.isOpen;
    const wasClosed = isClosed;
    busy.release();
    const isSettled = await settlesWithin(closed, 2_000);
    const isDestroyed = busy.connection.destroys === 1 && idle.connection.destroys === 1;
    const during = `300 ms into close() the connection at work was ${wasOpen ? 'open' : 'closed'} and close() ${wasClosed ? 'done' : 'pending'}`;
    const after = `after its release close() ${isSettled ? 'resolved' : 'stayed pending'}, destroyed ${busy.connection.destroys} + ${idle.connection.destroys} time(s)`;
    return judge(wasOpen && !wasClosed && isSettled && isDestroyed, `${during}; ${after}`);
  },
};
