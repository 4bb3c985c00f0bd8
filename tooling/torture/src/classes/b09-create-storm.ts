import { judge, type Program } from '../program.ts';
import { ask, open } from '../request.ts';
import { Server } from '../server.ts';
import { NEVER } from '../time.ts';

// Then a create neither fails nor succeeds, and the event loop gets its turn.
const CAP = 100_000;
const TOLERABLE = 100;

export const program: Program = {
  id: 'B9',
  title: 'Connects that fail at once neither loop without a pause nor keep the caller beyond its timeout',
  needs: [],
  async run(adapter) {
    let attemptsAtFirstTick = 0;
    const server = new Server({
      create: (nth) => (nth < CAP ? Promise.reject(new Error('refused')) : NEVER),
    });
    const pool = open(adapter, server);
    const timer = setInterval(() => {
      attemptsAtFirstTick ||= server.attempts;
    }, 10);
    const request = await ask(pool).within(1_000);
    clearInterval(timer);
    const stopped = server.attempts === CAP ? ' (where the program stopped it)' : '';
    return judge(
      server.attempts <= TOLERABLE && request.state === 'refused',
      `${attemptsAtFirstTick} creates before the first timer ran, ${server.attempts}${stopped} in all; the caller: ${request.describe()}`,
    );
  },
};
