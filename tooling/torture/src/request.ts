import {
  COMMON,
  type Adapter,
  type Connection,
  type Held,
  type PoolUnderTest,
  type Settings,
} from './pool-under-test.ts';
import type { Server } from './server.ts';
import { settlesWithin } from './time.ts';

// Far beyond what any sound pool needs on a busy machine, far below the deadline of the process.
const PATIENCE_MS = 1_000;

/** One call of `acquire` and what became of it. */
export class Request {
  state: 'waiting' | 'granted' | 'refused' = 'waiting';
  /** When the call settled, or how long it has been waiting. */
  afterMs = 0;
  error: unknown = undefined;
  #held: Held | undefined = undefined;
  #wasThrown = false;
  readonly #startedAt = performance.now();
  /** Never rejects. */
  readonly settled: Promise<void>;

  constructor(pool: PoolUnderTest) {
    this.settled = this.#call(pool).then(
      (held) => this.#settle('granted', held),
      (error: unknown) => {
        this.error = error;
        this.#settle('refused', undefined);
      },
    );
  }

  get held(): Held {
    if (this.#held === undefined) throw new Error(`acquire() gave no connection: ${this.describe()}`);
    return this.#held;
  }

  get isGranted(): boolean {
    return this.state === 'granted';
  }

  async within(ms: number): Promise<this> {
    await settlesWithin(this.settled, ms);
    if (this.state === 'waiting') this.afterMs = performance.now() - this.#startedAt;
    return this;
  }

  /** Gives back what was lent, if anything was. */
  release(): void {
    this.#held?.release();
  }

  describe(): string {
    const time = `${Math.round(this.afterMs)} ms`;
    if (this.state === 'waiting') return `still waiting after ${time}`;
    if (this.state === 'granted') return `granted after ${time}`;
    return `${this.#wasThrown ? 'thrown at synchronously' : 'refused'} after ${time} (${messageOf(this.error)})`;
  }

  #call(pool: PoolUnderTest): Promise<Held> {
    try {
      return pool.acquire();
    } catch (error) {
      this.#wasThrown = true;
      return Promise.reject(error);
    }
  }

  #settle(state: 'granted' | 'refused', held: Held | undefined): void {
    this.afterMs = performance.now() - this.#startedAt;
    this.state = state;
    this.#held = held;
  }
}

export function open(adapter: Adapter, server: Server, settings: Partial<Settings> = {}): PoolUnderTest {
  return adapter.open({ ...COMMON, ...settings }, server);
}

export function ask(pool: PoolUnderTest): Request {
  return new Request(pool);
}

/** Asks, and waits for the answer. */
export function answerOf(pool: PoolUnderTest): Promise<Request> {
  return new Request(pool).within(PATIENCE_MS);
}

/** A connection that any pool lends here: a step towards the question, not the question. */
export async function lend(pool: PoolUnderTest): Promise<Held> {
  return (await answerOf(pool)).held;
}

export async function lendMany(pool: PoolUnderTest, count: number): Promise<Held[]> {
  const requests = await Promise.all(Array.from({ length: count }, () => answerOf(pool)));
  return requests.map((request) => request.held);
}

/** What `action` threw, in words. */
export function complaintOf(action: () => void): string {
  try {
    action();
    return 'said nothing';
  } catch (error) {
    return `threw "${messageOf(error)}"`;
  }
}

export function describeCounts(pool: PoolUnderTest): string {
  const { size, idle, leased, waiting } = pool.counts();
  return `size ${size}, idle ${idle}, leased ${leased}, waiting ${waiting}`;
}

export function distinct(connections: readonly Connection[]): number {
  return new Set(connections).size;
}

export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.length > 64 ? `${message.slice(0, 64)}…` : message;
}
