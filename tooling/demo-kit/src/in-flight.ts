/**
 * The work begun and not done yet.
 *
 * A server that closes waits for its connections, and forgets a request whose client hung up; its transaction still runs.
 */
export class InFlight {
  readonly #work = new Set<Promise<unknown>>();

  async track<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }

  /** Resolves once all that was begun has ended, well or not. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#work);
  }
}
