import { judge, type Program } from '../program.ts';
import { answerOf, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause, settlesWithin } from '../time.ts';

export const program: Program = {
  id: 'B12',
  title:
    'A destroy that rejects harms nobody: not at maxUses, not from a borrower, not when idle, not at close',
  needs: ['destroy-failure'],
  async run(adapter) {
    const server = new Server({ destroy: () => Promise.reject(new Error('already gone')) });
    const worn = open(adapter, server, { maxUses: 1 });
    (await lend(worn)).release();
    await pause(20);
    const afterUses = await answerOf(worn);
    afterUses.release();

    const pool = open(adapter, server, { idleTimeoutMs: 100, sweepMs: 50 });
    const held = await lend(pool);
    // Who asks for a destroy may be told of its failure.
    await Promise.resolve(held.destroy()).catch(() => {});
    const afterDestroy = await answerOf(pool);
    afterDestroy.release();
    await pause(300);
    const afterIdle = await answerOf(pool);
    afterIdle.release();
    const isClosed = await settlesWithin(pool.close(), 2_000);
    const rejections = `${server.destroyed} destroys rejected, none unhandled`;
    const callers = `the next callers: ${[afterUses, afterDestroy, afterIdle].map((request) => request.describe()).join(', ')}`;
    return judge(
      afterUses.isGranted && afterDestroy.isGranted && afterIdle.isGranted && isClosed,
      `${rejections}; ${callers}; close() ${isClosed ? 'settled' : 'still pending after 2000 ms'}`,
    );
  },
};
