import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../random.ts';

export interface OutageFigures {
  /** The sum of all balances over HTTP, in cents. */
  readonly moneyBefore: number;
  readonly moneyAfter: number;
  /** Requests by the phase that they began and ended in, answered with 2xx or 409 (overdraft); and those that were not. */
  readonly answered: Readonly<Record<Phase, number>>;
  readonly failed: Readonly<Record<Phase, number>>;
  /** From the end of the outage to the first transfer that began after it and succeeded. */
  readonly recoveryMs: number;
}

type Phase = 'before' | 'during' | 'after';

const CLIENTS = 16;
const ENOUGH = 150;
const READERS = 8;

/**
 * Moves money over HTTP before, during and after an outage of the database, while the service runs on.
 *
 * Ends when transfers succeed again, and the service says that it is ready; never when that does not happen.
 */
export async function throughOutage(service: {
  url: string;
  users: number;
  outage: () => Promise<void>;
}): Promise<OutageFigures> {
  const moneyBefore = await totalMoney(service.url, service.users);
  const clients = new Clients(service.url, service.users * 2);
  await clients.transferred('before', ENOUGH);
  clients.phase = 'during';
  await service.outage();
  const endedAt = performance.now();
  clients.phase = 'after';
  await clients.transferred('after', 1);
  const recoveryMs = performance.now() - endedAt;
  await clients.transferred('after', ENOUGH);
  await clients.stop();
  const { answered, failed } = clients;
  const moneyAfter = await totalMoney(service.url, service.users);
  while ((await statusOf(fetch(`${service.url}/readyz`))) !== 200) await pause(100);
  return { moneyBefore, moneyAfter, answered, failed, recoveryMs };
}

/** Clients that transfer and read without end, whatever they are answered. */
class Clients {
  phase: Phase = 'before';
  readonly answered = { before: 0, during: 0, after: 0 };
  readonly failed = { before: 0, during: 0, after: 0 };
  readonly #transferred = { before: 0, during: 0, after: 0 };
  readonly #running: Promise<void>[];
  #isStopped = false;

  /** They begin at once. */
  constructor(url: string, accounts: number) {
    this.#running = Array.from({ length: CLIENTS }, (_, seed) =>
      this.#run(url, accounts, seededRandom(seed)),
    );
  }

  /** Waits until so many transfers that began in the phase have succeeded. */
  async transferred(phase: Phase, least: number): Promise<void> {
    while (this.#transferred[phase] < least) await pause(5);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  async #run(url: string, accounts: number, random: () => number): Promise<void> {
    const any = (): number => 1 + Math.floor(random() * accounts);
    while (!this.#isStopped) {
      const begun = this.phase;
      const from = any();
      const status = await transfer(url, { from, to: (from % accounts) + 1, amountCents: 1 + any() });
      const profile = await statusOf(fetch(`${url}/users/${Math.ceil(from / 2)}/profile`));
      // What the outage may have met counts as met by it.
      const phase = this.phase === begun ? begun : 'during';
      if (status === 201) this.#transferred[phase]++;
      for (const each of [status, profile])
        if (each === 200 || each === 201 || each === 409) this.answered[phase]++;
        else this.failed[phase]++;
      // Refused at once, it would only spin.
      if (status >= 500) await pause(10);
    }
  }
}

function transfer(url: string, order: object): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  return statusOf(fetch(`${url}/transfer`, { method: 'POST', headers, body: JSON.stringify(order) }));
}

/** Of the response when it was read to its end. A service that does not answer at all is a bug, and throws. */
async function statusOf(request: Promise<Response>): Promise<number> {
  const response = await request;
  await response.arrayBuffer();
  return response.status;
}

async function totalMoney(url: string, users: number): Promise<number> {
  let total = 0;
  for (let first = 1; first <= users; first += READERS) {
    const ids = Array.from({ length: Math.min(READERS, users - first + 1) }, (_, index) => first + index);
    const sums = await Promise.all(ids.map((id) => moneyOf(`${url}/users/${id}/profile`)));
    total += sums.reduce((sum, money) => sum + money, 0);
  }
  return total;
}

async function moneyOf(profile: string): Promise<number> {
  const response = await fetch(profile);
  if (response.status !== 200) throw new Error(`${profile}: ${response.status}`);
  const { accounts } = (await response.json()) as { accounts: { balanceCents: number }[] };
  return accounts.reduce((sum, { balanceCents }) => sum + balanceCents, 0);
}
