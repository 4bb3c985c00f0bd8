import { openConnection, type Connection } from '../connection.ts';
import type { Contestant } from '../contestant.ts';

interface Waiter {
  readonly resolve: (connection: Connection) => void;
  next: Waiter | undefined;
}

/** The limit: lends what is idle, queues who comes too late, and does nothing else. It has no deadlines. */
class Semaphore {
  readonly #idle: Connection[] = [];
  #room: number;
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  constructor(max: number) {
    this.#room = max;
  }

  acquire(): Promise<Connection> {
    const connection = this.#idle.pop();
    if (connection !== undefined) return Promise.resolve(connection);
    if (this.#room > 0) {
      this.#room--;
      return openConnection();
    }
    return new Promise((resolve) => {
      const waiter: Waiter = { resolve, next: undefined };
      if (this.#last === undefined) this.#first = waiter;
      else this.#last.next = waiter;
      this.#last = waiter;
    });
  }

  release(connection: Connection): void {
    const waiter = this.#first;
    if (waiter === undefined) {
      this.#idle.push(connection);
      return;
    }
    this.#first = waiter.next;
    if (this.#first === undefined) this.#last = undefined;
    waiter.resolve(connection);
  }
}

export const contestant: Contestant<Connection> = {
  name: 'bare semaphore',
  create: ({ max }) => new Semaphore(max),
};
