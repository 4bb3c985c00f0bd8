import { judge, type Program } from '../program.ts';
import { answerOf, describeCounts, messageOf, open } from '../request.ts';
import { Server } from '../server.ts';

export const program: Program = {
  id: 'B14',
  title: 'A work that throws synchronously in use() gives its connection back',
  needs: ['use'],
  async run(adapter) {
    const pool = open(adapter, new Server());
    const outcome = await pool.use!(() => {
      throw new Error('thrown by the work');
    }).catch(messageOf);
    const next = await answerOf(pool);
    return judge(
      next.isGranted,
      `use() rejected with "${String(outcome)}"; the next caller: ${next.describe()}; ${describeCounts(pool)}`,
    );
  },
};
