import type { PoolUnderTest } from '../pool-under-test.ts';
import { judge, type Program } from '../program.ts';
import { seeded } from '../random.ts';
import { answerOf, ask, describeCounts, distinct, open } from '../request.ts';
import { Server } from '../server.ts';
import { pause, settlesWithin } from '../time.ts';

const SEED = 24;
const MAX = 3;
const BORROWERS = 8;
const ROUNDS = 40;

export const program: Program = {
  id: 'B24',
  title:
    'A random mix of acquires, releases, destroys, timeouts and failures corrupts no list: no slot lost, nothing lent twice',
  needs: [],
  async run(adapter) {
    const random = seeded(SEED);
    let isCalm = false;
    const server = new Server({
      async create() {
        await pause(random() * 4);
        if (!isCalm && random() < 0.1) throw new Error('refused');
      },
      destroy: () => pause(random() * 4),
    });
    const pool = open(adapter, server, { max: MAX, acquireTimeoutMs: 12, idleTimeoutMs: 20, sweepMs: 5 });
    const tally = { granted: 0, refused: 0, shared: 0 };
    const lent = new Set<unknown>();
    await Promise.all(Array.from({ length: BORROWERS }, () => borrow(pool, random, lent, tally)));
    isCalm = true;
    // What fails now and then may be paused for; a timeout of 12 ms is no time then.
    await pause(300);
    const last = await takeAll(pool);
    const isClosed = await settlesWithin(pool.close(), 1_500);
    const { connections, created } = server;
    const destroyedOnce = connections.filter(({ destroys }) => destroys === 1).length;
    const work = `seed ${SEED}: ${tally.granted} granted, ${tally.refused} refused, ${tally.shared} lent twice`;
    const end = `then ${last.different} of ${MAX} lent at once (${last.counts}); ${destroyedOnce} of ${created} destroyed once at close`;
    return judge(
      tally.shared === 0 && last.different === MAX && isClosed && destroyedOnce === created,
      `${work}; ${end}${isClosed ? '' : ', which did not settle'}`,
    );
  },
};

async function borrow(
  pool: PoolUnderTest,
  random: () => number,
  lent: Set<unknown>,
  tally: { granted: number; refused: number; shared: number },
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const request = await ask(pool).within(500);
    if (!request.isGranted) {
      tally.refused++;
      continue;
    }
    const { held } = request;
    tally.granted++;
    if (lent.has(held.connection)) tally.shared++;
    lent.add(held.connection);
    await pause(random() * 4);
    lent.delete(held.connection);
    if (random() < 0.2) held.destroy();
    else held.release();
  }
}

/** Whether the whole capacity can be lent at once; a short timeout may take some tries. */
async function takeAll(pool: PoolUnderTest): Promise<{ different: number; counts: string }> {
  let different = 0;
  let counts = '';
  for (let round = 0; round < 5 && different < MAX; round++) {
    const requests = await Promise.all(Array.from({ length: MAX }, () => answerOf(pool)));
    const granted = requests.filter((request) => request.isGranted);
    different = distinct(granted.map((request) => request.held.connection));
    counts = describeCounts(pool);
    for (const request of granted) request.release();
    await pause(20);
  }
  return { different, counts };
}
