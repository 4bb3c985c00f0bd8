import { judge, type Program } from '../program.ts';
import { answerOf, ask, complaintOf, lend, open } from '../request.ts';
import { Server } from '../server.ts';

export const program: Program = {
  id: 'B1',
  title: 'A late second release does not end the lease of the next borrower',
  needs: [],
  async run(adapter) {
    const pool = open(adapter, new Server());
    const first = await lend(pool);
    first.release();
    const second = await lend(pool);
    const complaint = complaintOf(() => first.release());
    const third = await ask(pool).within(400);
    const { id } = second.connection;
    if (third.isGranted && third.held.connection === second.connection) {
      return judge(
        false,
        `the second release ${complaint}; connection ${id} was then lent to two borrowers at once`,
      );
    }
    second.release();
    const fourth = await answerOf(pool);
    return judge(
      fourth.isGranted,
      `the second release ${complaint}; a third caller was ${third.describe()} while connection ${id} was lent, a fourth ${fourth.describe()}`,
    );
  },
};
