import type { Clock, Timer } from '../clock.ts';

const LONGEST_DELAY_MS = 2 ** 31 - 1; // setTimeout's own limit: above it, it fires at once

// One reading serves every pool until the event loop turns.
let turnReading = 0;
let isRead = false;
const forget = (): void => {
  isRead = false;
};

class NodeTimer implements Timer {
  #timeout: NodeJS.Timeout;

  constructor(callback: () => void, delayMs: number, keepAlive: boolean) {
    this.#timeout = this.#arm(callback, delayMs, keepAlive);
  }

  #arm(callback: () => void, delayMs: number, keepAlive: boolean): NodeJS.Timeout {
    // Node.js counts whole milliseconds from a truncated start, and so fires up to one early.
    const stepMs = Math.min(Math.ceil(delayMs) + 1, LONGEST_DELAY_MS);
    const isLast = stepMs < LONGEST_DELAY_MS;
    const again = (): void => {
      this.#timeout = this.#arm(callback, delayMs - stepMs, keepAlive);
    };
    const timeout = setTimeout(isLast ? callback : again, stepMs);
    if (!keepAlive) timeout.unref();
    return timeout;
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  turnNow() {
    if (!isRead) {
      isRead = true;
      turnReading = performance.now();
      setImmediate(forget);
    }
    return turnReading;
  },
  setTimer: (callback, delayMs, keepAlive) => new NodeTimer(callback, delayMs, keepAlive),
  defer(callback) {
    setImmediate(callback);
  },
  random: Math.random,
};
