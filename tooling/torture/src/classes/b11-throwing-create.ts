import { judge, type Program } from '../program.ts';
import { answerOf, describeCounts, open } from '../request.ts';
import { Server } from '../server.ts';

export const program: Program = {
  id: 'B11',
  title: 'A create that throws synchronously leaks neither its slot nor its caller',
  needs: [],
  async run(adapter) {
    const server = new Server({
      create(nth) {
        if (nth === 1) throw new Error('port out of range');
      },
    });
    const pool = open(adapter, server);
    const first = await answerOf(pool);
    first.release();
    const next = await answerOf(pool);
    return judge(
      first.state !== 'waiting' && next.isGranted,
      `the caller: ${first.describe()}; the next one: ${next.describe()}; ${describeCounts(pool)}`,
    );
  },
};
