import { judge, type Program } from '../program.ts';
import { answerOf, distinct, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

export const program: Program = {
  id: 'B18',
  title: 'A larger max while callers wait lends no connection twice',
  needs: ['resize'],
  async run(adapter) {
    const pool = open(adapter, new Server({ create: () => pause(50) }), { acquireTimeoutMs: 500 });
    const asked = [answerOf(pool), answerOf(pool), answerOf(pool)];
    await pause(10);
    pool.resize!(3);
    const granted = (await Promise.all(asked)).filter((request) => request.isGranted);
    const connections = granted.map((request) => request.held.connection);
    return judge(
      distinct(connections) === granted.length && granted.length === 3,
      `max raised from 1 to 3: ${granted.length} of 3 callers hold ${distinct(connections)} different connection(s)`,
    );
  },
};
