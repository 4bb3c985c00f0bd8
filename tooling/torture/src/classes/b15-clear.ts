import { judge, type Program } from '../program.ts';
import { describeCounts, lendMany, open } from '../request.ts';
import { Server } from '../server.ts';

export const program: Program = {
  id: 'B15',
  title: 'After clear() no destroyed connection is lent',
  needs: ['clear'],
  async run(adapter) {
    const server = new Server();
    const pool = open(adapter, server, { max: 2 });
    for (const { release } of await lendMany(pool, 2)) release();
    await pool.clear!();
    const counts = describeCounts(pool);
    const held = await lendMany(pool, 2);
    const dead = held.filter(({ connection }) => !connection.isOpen).length;
    return judge(
      dead === 0 && server.destroyed === 2,
      `clear() destroyed ${server.destroyed} of 2, then: ${counts}; ${dead} of the next 2 borrowers got a destroyed connection`,
    );
  },
};
