import { setImmediate as nextTurn } from 'node:timers/promises';

/** Turns with the event loop, and remembers the longest turn. */
export class LoopProbe {
  #longestMs = 0;
  #last = performance.now();
  #isStopped = false;

  constructor() {
    setImmediate(this.#turn);
  }

  /** Resolves with the longest turn so far, the present one included. */
  async stop(): Promise<number> {
    await nextTurn();
    this.#isStopped = true;
    this.#turn();
    return this.#longestMs;
  }

  readonly #turn = (): void => {
    const now = performance.now();
    this.#longestMs = Math.max(this.#longestMs, now - this.#last);
    this.#last = now;
    if (!this.#isStopped) setImmediate(this.#turn);
  };
}
