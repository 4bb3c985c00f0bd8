import type { PoolUnderTest } from '../pool-under-test.ts';
import { judge, type Program } from '../program.ts';
import { seeded } from '../random.ts';
import { ask, lendMany, open, type Request } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

const SEED = 17;
const CALLERS = 60;

export const program: Program = {
  id: 'B17',
  title: 'Callers are served in the order in which they asked',
  needs: [],
  async run(adapter) {
    const random = seeded(SEED);
    const patient = { max: 3, acquireTimeoutMs: 3_000 };

    const warm = open(adapter, new Server(), patient);
    for (const { release } of await lendMany(warm, 3)) release();
    const queue = await overtaken(warm, random, (request) => request.release());

    const server = new Server({ create: () => pause(5 + random() * 25) });
    const cold = open(adapter, server, patient);
    const connecting = await overtaken(cold, random, (request) => {
      if (random() < 0.3) request.held.destroy();
      else request.release();
    });
    return judge(
      queue + connecting === 0,
      `seed ${SEED}: with all connections open ${queue} of ${CALLERS} callers were served after a later one, while new ones connect ${connecting} of ${CALLERS}`,
    );
  },
};

/** How many callers were served after one that had asked later. */
async function overtaken(
  pool: PoolUnderTest,
  random: () => number,
  end: (request: Request) => void,
): Promise<number> {
  let last = -1;
  let late = 0;
  const callers: Promise<void>[] = [];
  for (let number = 0; number < CALLERS; number++) {
    const request = ask(pool);
    callers.push(
      request.settled.then(async () => {
        if (number < last) late++;
        last = Math.max(last, number);
        await pause(1 + random() * 8);
        end(request);
      }),
    );
    if (random() < 0.4) await pause(random() * 6);
  }
  await Promise.all(callers);
  return late;
}
