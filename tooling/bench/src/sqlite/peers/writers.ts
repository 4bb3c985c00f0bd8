import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Durability } from '../database.ts';

/** What a writer thread answers to each message. */
export interface Written {
  readonly error?: Error;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What people write by hand: a connection per thread, a message per write, SQLite's own waiting for the lock. */
export async function openWriters(
  filename: string,
  durability: Durability,
  threads: number,
): Promise<{ write: (client: number) => Promise<void>; close: () => Promise<unknown> }> {
  const writers: ThreadWriter[] = [];
  for (let i = 0; i < threads; i++) writers.push(await ThreadWriter.open(filename, durability));
  return {
    write(client) {
      const writer = writers[client % threads];
      if (writer === undefined) throw new RangeError('no such writer');
      return writer.write(client);
    },
    close: () => Promise.all(writers.map((writer) => writer.close())),
  };
}

class ThreadWriter {
  readonly #worker: Worker;
  // A thread answers in the order of the messages.
  readonly #pending: Pending[] = [];

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', ({ error }: Written) => {
      const pending = this.#pending.shift();
      if (error === undefined) pending?.resolve();
      else pending?.reject(error);
    });
  }

  static async open(filename: string, durability: Durability): Promise<ThreadWriter> {
    const workerData = { filename, durability };
    const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData });
    await once(worker, 'message');
    return new ThreadWriter(worker);
  }

  write(client: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(client);
    });
  }

  close(): Promise<number> {
    return this.#worker.terminate();
  }
}
