import type { Adapter } from '../pool-under-test.ts';
import { judge, type Program } from '../program.ts';
import { lendMany, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

const HOUR_MS = 3_600_000;
const CONNECTIONS = 5;

export const program: Program = {
  id: 'B27',
  title: 'A step of the wall clock evicts nothing early and keeps nothing for ever',
  needs: [],
  async run(adapter) {
    const forward = await closedAfterStep(adapter, HOUR_MS, 10_000);
    const backward = await closedAfterStep(adapter, -HOUR_MS, 10_000);
    const due = await closedAfterStep(adapter, -HOUR_MS, 200);
    return judge(
      forward === 0 && backward === 0 && due === CONNECTIONS,
      `of ${CONNECTIONS} idle ones closed within 700 ms: ${forward} after an hour forward and ${backward} after an hour back (idle timeout 10 s), ${due} after an hour back when due (200 ms)`,
    );
  },
};

/** Steps what Date.now() tells, as NTP or a thawed machine does. */
async function closedAfterStep(adapter: Adapter, stepMs: number, idleTimeoutMs: number): Promise<number> {
  const dateNow = Date.now;
  const server = new Server();
  const pool = open(adapter, server, { max: CONNECTIONS, idleTimeoutMs, sweepMs: 50 });
  for (const { release } of await lendMany(pool, CONNECTIONS)) release();
  Date.now = () => dateNow() + stepMs;
  await pause(700);
  Date.now = dateNow;
  return server.destroyed;
}
