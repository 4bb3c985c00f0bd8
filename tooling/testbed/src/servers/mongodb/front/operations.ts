import type { Document } from 'bson';
import type { CommandError } from './command-error.ts';
import { Operation, type Client } from './operation.ts';

/** All operations under way on one node. */
export class Operations {
  readonly #running = new Map<number, Operation>();
  #lastId = 0;

  /** Runs the work as an operation that others can see and end. */
  async run<T>(
    name: string,
    command: Document,
    client: Client,
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    using operation = new Operation(++this.#lastId, name, command, client);
    this.#running.set(operation.id, operation);
    try {
      return await work(operation);
    } finally {
      this.#running.delete(operation.id);
    }
  }

  /** Ends those that the predicate picks. */
  interrupt(error: CommandError, picks: (operation: Operation) => boolean): void {
    for (const operation of this.#running.values()) if (picks(operation)) operation.interrupt(error);
  }

  [Symbol.iterator](): IterableIterator<Operation> {
    return this.#running.values();
  }
}
