import type { Clock, Timer } from '@pool/core';
import { seededRandom } from './random.ts';
import { eventLoopTurn, type Turn } from './turns.ts';

interface PendingTimer {
  readonly dueAt: number;
  readonly sequence: number;
  readonly callback: () => void;
  readonly keepAlive: boolean;
}

/**
 * A clock that stands still until a test moves it: `createPool(factory, options, { clock })`.
 *
 * It keeps the order of Node's event loop: timers fire in the order in which they are due, then in that of their making, and
 * promises settle between any two. Deferred callbacks run after all the timers of the same instant.
 */
export class VirtualClock implements Clock {
  readonly #random: () => number;
  readonly #turn: Turn;
  readonly #timers = new Set<PendingTimer>();
  #deferred: (() => void)[] = [];
  #now = 0;
  #sequence = 0;
  #fired = 0;
  #isMoving = false;

  /**
   * @param seed of `random()`
   * @param turn how promises are given time to settle: `promisesTurn` is faster, and enough for code without I/O
   */
  constructor(seed: number = 1, turn: Turn = eventLoopTurn) {
    this.#random = seededRandom(seed);
    this.#turn = turn;
  }

  now(): number {
    return this.#now;
  }

  turnNow(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer {
    const timer = {
      dueAt: this.#now + Math.max(0, delayMs),
      sequence: this.#sequence++,
      callback,
      keepAlive,
    };
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

  /** Timers that have fired so far: shows a busy loop. */
  get firedTimers(): number {
    return this.#fired;
  }

  /** Lets everything happen that needs no time: promises settle, deferred callbacks run, until nothing is left. */
  async settle(): Promise<void> {
    for (;;) {
      await this.#turn();
      const deferred = this.#deferred;
      if (deferred.length === 0) return;
      this.#deferred = [];
      for (const callback of deferred) callback();
    }
  }

  /**
   * Moves time on by `ms`, firing what is due on the way, each at its own time.
   *
   * @throws when time is being moved already: two at once would tell two times
   */
  advance(ms: number): Promise<void> {
    return this.#move(ms, async () => {
      const until = this.#now + ms;
      await this.settle();
      for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
        this.#now = Math.max(this.#now, next.dueAt);
        await this.#fireDue();
        await this.settle();
      }
      this.#now = until;
    });
  }

  /** Moves time on by `ms` within this turn, as a computation does: nothing fires and nothing settles. */
  compute(ms: number): void {
    this.#now += ms;
  }

  /**
   * Moves time on by `ms` as a blocked event loop does: nothing fires meanwhile. At its end come first the timers that
   * are due, then `arrived` (the input that came during the stall), then the deferred callbacks.
   *
   * @throws when time is being moved already
   */
  stall(ms: number, arrived: () => void = () => {}): Promise<void> {
    return this.#move(ms, async () => {
      this.#now += ms;
      await this.#fireDue();
      arrived();
      await this.settle();
      while (this.#next(this.#now) !== undefined) {
        await this.#fireDue();
        await this.settle();
      }
    });
  }

  async #move(ms: number, move: () => Promise<void>): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`time moves on by 0 ms or more, got ${ms}`);
    if (this.#isMoving) throw new Error('time is being moved already: await the advance() or stall() before');
    this.#isMoving = true;
    try {
      await move();
    } finally {
      this.#isMoving = false;
    }
  }

  /** Fires what is due now, as one phase of the event loop: what these timers set for now waits for the next. */
  async #fireDue(): Promise<void> {
    const made = this.#sequence;
    const due = [...this.#timers].filter((timer) => timer.dueAt <= this.#now && timer.sequence < made);
    for (const timer of due.toSorted((a, b) => a.dueAt - b.dueAt || a.sequence - b.sequence)) {
      // One that fired before may have cancelled it.
      if (!this.#timers.delete(timer)) continue;
      this.#fired++;
      timer.callback();
      await this.#turn();
    }
  }

  #next(until: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= until && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
