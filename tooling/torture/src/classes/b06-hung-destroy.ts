import { judge, type Program } from '../program.ts';
import { ask, describeCounts, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { NEVER } from '../time.ts';

export const program: Program = {
  id: 'B6',
  title: 'A connection whose destroy never ends (a half-open socket) does not block the queue',
  needs: [],
  async run(adapter) {
    const server = new Server({ destroy: () => NEVER });
    const pool = open(adapter, server, { acquireTimeoutMs: 1_000, destroyTimeoutMs: 100 });
    const holder = await lend(pool);
    const late = ask(pool);
    holder.destroy();
    await late.within(1_500);
    return judge(
      late.isGranted,
      `the waiting caller was ${late.describe()}; ${server.attempts - 1} new connect(s); ${describeCounts(pool)}`,
    );
  },
};
