import type { WireConnection } from '../wire-connection.ts';
import type { Request } from '../wire.ts';

interface Held {
  readonly request: Request;
  readonly connection: WireConnection;
  readonly go: () => void;
}

interface Watcher {
  readonly count: number;
  readonly reached: () => void;
}

/** Requests that get no answer until a test says so: a server that is slow at exactly one point. */
export class Hold {
  readonly #picks: (request: Request) => boolean;
  readonly #held: Held[] = [];
  readonly #watchers = new Set<Watcher>();
  #isReleased = false;

  /** @param picks which requests it is about */
  constructor(picks: (request: Request) => boolean) {
    this.#picks = picks;
  }

  /** Those that wait now, in the order of their coming. */
  get requests(): readonly Request[] {
    return this.#held.map(({ request }) => request);
  }

  /** Resolves once so many requests have come to wait, if they wait at the same time. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.add({ count, reached: resolve });
      this.#look();
    });
  }

  /** Answers the requests that wait, or so many of the first ones; those to come go on waiting. */
  next(count: number = this.#held.length): void {
    for (const { go } of this.#held.splice(0, count)) go();
  }

  /** Answers all that wait, and holds nothing any more. */
  release(): void {
    this.#isReleased = true;
    this.next();
  }

  /** Resets the connections that wait. */
  cut(): void {
    for (const { connection, go } of this.#held.splice(0)) {
      connection.socket.resetAndDestroy();
      go();
    }
  }

  /** Undefined when this request is none of its business. Resolves when it may be answered. */
  wait(request: Request, connection: WireConnection): Promise<void> | undefined {
    if (this.#isReleased || !this.#picks(request)) return undefined;
    return new Promise((resolve) => {
      const held: Held = { request, connection, go: resolve };
      this.#held.push(held);
      // A client that gave up waits no more.
      connection.closed.addEventListener('abort', () => this.#drop(held), { once: true });
      this.#look();
    });
  }

  #drop(held: Held): void {
    const index = this.#held.indexOf(held);
    if (index < 0) return;
    this.#held.splice(index, 1);
    held.go();
  }

  #look(): void {
    for (const watcher of this.#watchers) {
      if (this.#held.length < watcher.count) continue;
      this.#watchers.delete(watcher);
      watcher.reached();
    }
  }
}
