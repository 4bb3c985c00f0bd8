import { judge, type Program } from '../program.ts';
import { answerOf, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

const MAX = 2;
const BORROWERS = 4;
const ROUNDS = 5;
const DESTROY_MS = 80;

export const program: Program = {
  id: 'B7',
  title: 'No more than max connections are open at the server, also while some are being destroyed',
  needs: [],
  async run(adapter) {
    const server = new Server({ destroy: () => pause(DESTROY_MS) });
    const pool = open(adapter, server, { max: MAX, acquireTimeoutMs: 2_000 });
    let lent = 0;
    const borrow = async (): Promise<void> => {
      for (let round = 0; round < ROUNDS; round++) {
        const request = await answerOf(pool);
        if (!request.isGranted) continue;
        lent++;
        await request.held.destroy();
      }
    };
    await Promise.all(Array.from({ length: BORROWERS }, borrow));
    return judge(
      server.peak <= MAX && lent === BORROWERS * ROUNDS,
      `at most ${server.peak} open with max ${MAX}, a destroy taking ${DESTROY_MS} ms; ${lent} of ${BORROWERS * ROUNDS} callers served`,
    );
  },
};
