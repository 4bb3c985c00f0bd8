import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { judge, type Program, type Verdict } from '../program.ts';
import { ask, lend, open } from '../request.ts';
import { Server } from '../server.ts';
import { COMMON, type Adapter } from '../pool-under-test.ts';
import { stall } from '../time.ts';

const STALL_MS = 400;
const ROUNDS = 3;
// Answers each line with the time of its answer.
const ECHO = `process.stdin.on('data', () => process.stdout.write(String(performance.timeOrigin + performance.now())))`;

export const program: Program = {
  id: 'B3',
  title: 'A stall of the event loop does not time out a caller whose connection came back during the stall',
  needs: [],
  async run(adapter) {
    // On a busy machine the answer itself may come too late: then nothing was shown.
    for (let round = 1; round <= ROUNDS; round++) {
      const verdict = await stallOnce(adapter);
      if (verdict !== undefined) return verdict;
    }
    throw new Error(`no answer within ${COMMON.acquireTimeoutMs} ms in ${ROUNDS} rounds`);
  },
};

async function stallOnce(adapter: Adapter): Promise<Verdict | undefined> {
  const echo = spawn(process.execPath, ['-e', ECHO], { stdio: ['pipe', 'pipe', 'inherit'] });
  echo.stdin.write('warm up');
  await once(echo.stdout, 'data');

  const pool = open(adapter, new Server());
  const holder = await lend(pool);
  const late = ask(pool);
  const startedAt = performance.timeOrigin + performance.now();
  let answeredMs = Infinity;
  echo.stdin.write('query');
  // The borrower's query is answered, and it gives the connection back.
  const answered = new Promise<void>((resolve) => {
    echo.stdout.once('data', (answer) => {
      answeredMs = Number(answer) - startedAt;
      holder.release();
      resolve();
    });
  });
  stall(STALL_MS);
  await Promise.all([late.within(1_000), answered]);
  echo.kill();
  if (answeredMs > COMMON.acquireTimeoutMs) return undefined;
  const when = `the answer was there after ${answeredMs.toFixed(1)} ms of a stall of ${STALL_MS} ms`;
  return judge(late.isGranted, `${when}; the waiting caller was ${late.describe()}`);
}
