import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, CONNECTIONS } from '../contestant.ts';
import type { DatabaseScenario } from './scenario.ts';

const CALLERS = 64;
/** What a service does when a call fails: it tells its own caller, and the next one comes a little later. */
const PAUSE_MS = 5;

/** A server of the measurement's own. */
export interface RestartableServer {
  readonly url: string;
  /** In good order. Resolves when it answers again. */
  restart(): Promise<void>;
  remove(): Promise<unknown>;
}

/** The server is restarted under load: how long until every caller is served again, and what it has cost the callers. */
export function recovery(
  statement: string,
  startServer: () => Promise<RestartableServer>,
  name: string = 'restart under load',
): DatabaseScenario<Client> {
  return {
    name,
    figures: [
      { key: name, unit: 'ms until all are served', better: 'less' },
      { key: `${name} failed`, unit: 'failed calls', better: 'less' },
    ],
    async measure(contestant, effort) {
      const server = await startServer();
      const client = await contestant(server.url, CONNECTIONS);
      const load = new Load(client.statements[statement]!);
      await sleep(effort.warmupMs);
      await server.restart();
      const backAt = performance.now();
      await load.everyoneServed();
      const recoveredMs = performance.now() - backAt;
      await load.end();
      await client.close();
      await server.remove();
      return { [name]: recoveredMs, [`${name} failed`]: load.failed };
    },
  };
}

class Load {
  readonly #call: () => Promise<unknown>;
  readonly #callers: Promise<void>[];
  #isOver = false;
  #unserved = new Set<number>();
  #onServed: () => void = () => {};
  failed = 0;

  constructor(call: () => Promise<unknown>) {
    this.#call = call;
    this.#callers = Array.from({ length: CALLERS }, (_, caller) => this.#loop(caller));
  }

  /** From now on. */
  everyoneServed(): Promise<void> {
    this.#unserved = new Set(Array.from({ length: CALLERS }, (_, caller) => caller));
    return new Promise((resolve) => {
      this.#onServed = resolve;
    });
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }

  async #loop(caller: number): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#call();
        if (this.#unserved.delete(caller) && this.#unserved.size === 0) this.#onServed();
      } catch {
        this.failed++;
        await sleep(PAUSE_MS);
      }
    }
  }
}
