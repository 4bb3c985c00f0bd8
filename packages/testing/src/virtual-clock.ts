import type { Clock, Timer } from '@pool/core';
import { seededRandom } from './random.ts';

interface PendingTimer {
  readonly dueAt: number;
  readonly sequence: number;
  readonly callback: () => void;
  readonly keepAlive: boolean;
}

/**
 * A clock that stands still until a test moves it: `createPool(factory, options, { clock })`.
 *
 * Timers fire in the order in which they are due, then in that of their making. Between two of them, and before the first,
 * promises that can settle do, and deferred callbacks run: each is a turn of the event loop.
 */
export class VirtualClock implements Clock {
  readonly #random: () => number;
  readonly #timers = new Set<PendingTimer>();
  #deferred: (() => void)[] = [];
  #now = 0;
  #sequence = 0;

  /** @param seed of `random()` */
  constructor(seed: number = 1) {
    this.#random = seededRandom(seed);
  }

  now(): number {
    return this.#now;
  }

  turnNow(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, callback, keepAlive };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  random(): number {
    return this.#random();
  }

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Those of them that would keep a process alive. */
  get keepAliveTimers(): number {
    return [...this.#timers].filter((timer) => timer.keepAlive).length;
  }

  /** Lets everything happen that needs no time: promises settle, deferred callbacks run, until nothing is left. */
  async settle(): Promise<void> {
    for (;;) {
      await turn();
      const deferred = this.#deferred;
      if (deferred.length === 0) return;
      this.#deferred = [];
      for (const callback of deferred) callback();
    }
  }

  /** Moves time on by `ms`, firing what is due on the way, each at its own time. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.settle();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#now = Math.max(this.#now, timer.dueAt);
      this.#fire(timer);
      await this.settle();
    }
    this.#now = until;
  }

  /**
   * Moves time on by `ms` as a blocked event loop does: nothing fires meanwhile. At its end come first the timers that
   * are due, then `arrived` (the input that came during the stall), then the rest.
   */
  async stall(ms: number, arrived: () => void = () => {}): Promise<void> {
    this.#now += ms;
    for (let timer = this.#next(this.#now); timer !== undefined; timer = this.#next(this.#now)) this.#fire(timer);
    arrived();
    await this.settle();
  }

  #fire(timer: PendingTimer): void {
    this.#timers.delete(timer);
    timer.callback();
  }

  #next(until: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt > until) continue;
      const isEarlier = next === undefined || timer.dueAt < next.dueAt;
      if (isEarlier || (timer.dueAt === next!.dueAt && timer.sequence < next!.sequence)) next = timer;
    }
    return next;
  }
}

/** A real turn of the event loop: every promise that can settle without time has settled after it. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
