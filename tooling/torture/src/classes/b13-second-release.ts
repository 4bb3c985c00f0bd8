import { judge, type Program } from '../program.ts';
import { answerOf, ask, complaintOf, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

export const program: Program = {
  id: 'B13',
  title: 'A second release with nobody awaiting it does not end the process',
  needs: [],
  async run(adapter) {
    const pool = open(adapter, new Server());
    const held = await lend(pool);
    held.release();
    const complaint = complaintOf(() => held.release());
    await pause(50);
    const next = await answerOf(pool);
    const another = await ask(pool).within(400);
    return judge(
      next.isGranted && !another.isGranted,
      `the second release ${complaint}; the next caller was ${next.describe()}, one more with max 1 ${another.describe()}`,
    );
  },
};
