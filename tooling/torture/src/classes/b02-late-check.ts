import { judge, type Program } from '../program.ts';
import { answerOf, ask, describeCounts, lend, open, type Request } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

const CHECK_MS = 400;

export const program: Program = {
  id: 'B2',
  title: 'A caller that times out while its connection is validated does not take the connection with it',
  needs: ['async-validate'],
  async run(adapter) {
    let isSlow = false;
    let checks = 0;
    const server = new Server({
      async validate() {
        if (isSlow) {
          checks++;
          await pause(CHECK_MS);
        }
        return true;
      },
    });
    const pool = open(adapter, server);
    const seen: string[] = [];
    /** A caller gets its connection, and gives up while it is validated. */
    const outlive = async (what: string, askLate: () => Request): Promise<Request> => {
      isSlow = true;
      checks = 0;
      const late = await askLate().within(CHECK_MS * 2);
      late.release();
      await pause(CHECK_MS + 100);
      isSlow = false;
      const next = await answerOf(pool);
      seen.push(
        `${what}, validated ${checks} time(s): caller ${late.describe()}, the next one ${next.describe()}`,
      );
      return next;
    };

    const holder = await lend(pool);
    const next = await outlive('new connection', () => {
      const late = ask(pool);
      holder.destroy();
      return late;
    });
    if (!next.isGranted) return judge(false, `${seen.join('; ')}; ${describeCounts(pool)}`);
    next.release();
    // Idle for long enough to be in doubt.
    await pause(20);
    const last = await outlive('idle connection', () => ask(pool));
    return judge(last.isGranted, `${seen.join('; ')}; ${describeCounts(pool)}`);
  },
};
