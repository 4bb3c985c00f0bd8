import type { Adapter } from '../pool-under-test.ts';
import { judge, type Program } from '../program.ts';
import { ask, lend, lendMany, open, type Request } from '../request.ts';
import { Server } from '../server.ts';
import { pause } from '../time.ts';

const TIMEOUT_MS = 500;
// Room for a busy machine; a deadline started anew while queueing would still show.
const LIMIT_MS = 800;
const SLOW_MS = 1_200;
const SETTINGS = { acquireTimeoutMs: TIMEOUT_MS };

type Case = (adapter: Adapter) => Promise<Request>;

/** Ways to spend time between asking and getting, each more than the caller has. */
const CASES: Readonly<Record<string, Case>> = {
  async connecting(adapter) {
    const server = new Server({ create: () => pause(SLOW_MS) });
    return ask(open(adapter, server, SETTINGS)).within(SLOW_MS + 300);
  },

  async 'queueing, then connecting'(adapter) {
    const server = new Server({ create: (nth) => pause(nth === 1 ? 0 : SLOW_MS) });
    const pool = open(adapter, server, SETTINGS);
    const holder = await lend(pool);
    const request = ask(pool);
    await pause(450);
    holder.destroy();
    return request.within(SLOW_MS + 300);
  },

  async 'validating a new connection'(adapter) {
    const server = new Server({ validate: () => pause(SLOW_MS).then(() => true) });
    return ask(open(adapter, server, SETTINGS)).within(SLOW_MS + 300);
  },

  async 'validating five bad connections'(adapter) {
    let isBad = false;
    const server = new Server({
      validate: () => (isBad ? pause(SLOW_MS / 4).then(() => false) : Promise.resolve(true)),
    });
    const pool = open(adapter, server, { ...SETTINGS, max: 5 });
    const held = await lendMany(pool, 5);
    for (const { release } of held) release();
    await pause(20);
    isBad = true;
    return ask(pool).within(SLOW_MS + 300);
  },
};

export const program: Program = {
  id: 'B20',
  title: 'One deadline covers all that happens between asking and getting, and is never started anew',
  needs: [],
  async run(adapter) {
    const isAsync = adapter.lacks['async-validate'] === undefined;
    const names = Object.keys(CASES).filter((name) => isAsync || !name.startsWith('validating'));
    const requests = await Promise.all(names.map((name) => CASES[name]!(adapter)));
    const seen = requests.map((request, index) => `${names[index]}: ${request.describe()}`);
    return judge(
      requests.every((request) => request.state !== 'waiting' && request.afterMs <= LIMIT_MS),
      `timeout ${TIMEOUT_MS} ms; ${seen.join('; ')}`,
    );
  },
};
