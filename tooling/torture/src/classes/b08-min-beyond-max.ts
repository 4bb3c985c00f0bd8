import { judge, type Program } from '../program.ts';
import { describeCounts, lendMany, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

export const program: Program = {
  id: 'B8',
  title: 'Keeping min (or idle) connections never exceeds max',
  needs: [],
  async run(adapter) {
    const server = new Server({ create: () => pause(5) });
    const pool = open(adapter, server, { max: 2, min: 2, minIdle: 2 });
    const held = await lendMany(pool, 2);
    await pause(200);
    for (const { release } of held) release();
    await pause(100);
    return judge(
      server.peak <= 2,
      `at most ${server.peak} open with max 2, min 2 and, where there is one, minIdle 2; ${describeCounts(pool)}`,
    );
  },
};
