// Owns when each waiter's time is up: one timer for all of them, whatever their timeouts are.
// Waiters share a bucket per millisecond, the buckets' ticks a heap: adding and removing are O(1), but for the first
// waiter of a new millisecond (O(log of the milliseconds in use)).

import type { Clock, Timer } from '../clock.ts';
import { MinHeap } from './min-heap.ts';
import type { Waiter } from './wait-queue.ts';

// P7: a mass expiry yields to the event loop after this many waiters.
const SLICE = 500;

export class Deadlines<L> {
  readonly #clock: Clock;
  readonly #expire: (waiters: Waiter<L>[]) => void;
  readonly #buckets = new Map<number, Bucket<L>>();
  readonly #ticks = new MinHeap();
  #size = 0;
  #timer: Timer | undefined = undefined;
  #armedFor = Infinity;
  #isJudging = false;
  // Most waiters fall into the same millisecond as the one before.
  #latest: Bucket<L> | undefined = undefined;

  /** @param expire is given at most a slice of waiters at a time, all past their deadline, earliest first */
  constructor(clock: Clock, expire: (waiters: Waiter<L>[]) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  add(waiter: Waiter<L>): void {
    this.#bucketAt(Math.ceil(waiter.deadline)).push(waiter);
    this.#size++;
    const tick = this.#ticks.least;
    // P20: a timer runs as long as somebody waits, also for ever: it keeps the process alive.
    if (tick < this.#armedFor || this.#timer === undefined) this.#arm(tick);
  }

  remove(waiter: Waiter<L>): void {
    this.#buckets.get(Math.ceil(waiter.deadline))!.remove(waiter);
    this.#size--;
    if (this.#size === 0) this.#clear();
  }

  #bucketAt(tick: number): Bucket<L> {
    if (this.#latest?.tick === tick) return this.#latest;
    let bucket = this.#buckets.get(tick);
    if (bucket === undefined) {
      bucket = new Bucket(tick);
      this.#buckets.set(tick, bucket);
      this.#ticks.push(tick);
    }
    this.#latest = bucket;
    return bucket;
  }

  #arm(tick: number): void {
    if (this.#isJudging) return;
    this.#timer?.cancel();
    this.#armedFor = tick;
    this.#timer = this.#clock.setTimer(() => this.#fire(), Math.max(0, tick - this.#clock.now()), true);
  }

  /** P7: first let the loop deliver what arrived while it could not; a release may be among it. */
  #fire(): void {
    this.#timer = undefined;
    this.#isJudging = true;
    this.#clock.defer(() => this.#judge());
  }

  #judge(): void {
    const now = this.#clock.now();
    const due: Waiter<L>[] = [];
    while (due.length < SLICE && this.#ticks.least <= now) {
      const bucket = this.#buckets.get(this.#ticks.least)!;
      bucket.take(due, SLICE);
      if (bucket.first === undefined) this.#drop(bucket);
    }
    this.#size -= due.length;
    if (due.length > 0) this.#expire(due);
    if (due.length === SLICE) this.#clock.defer(() => this.#judge());
    else this.#rest();
  }

  #rest(): void {
    this.#isJudging = false;
    this.#armedFor = Infinity;
    if (this.#size === 0) return this.#clear();
    for (let bucket = this.#buckets.get(this.#ticks.least)!; bucket.first === undefined; ) {
      this.#drop(bucket);
      bucket = this.#buckets.get(this.#ticks.least)!;
    }
    this.#arm(this.#ticks.least);
  }

  #drop(bucket: Bucket<L>): void {
    this.#ticks.pop();
    this.#buckets.delete(bucket.tick);
    if (this.#latest === bucket) this.#latest = undefined;
  }

  #clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedFor = Infinity;
    this.#latest = undefined;
    this.#buckets.clear();
    this.#ticks.clear();
  }
}

/** The waiters whose time is up at the same millisecond. */
class Bucket<L> {
  readonly tick: number;
  first: Waiter<L> | undefined = undefined;
  #last: Waiter<L> | undefined = undefined;

  constructor(tick: number) {
    this.tick = tick;
  }

  push(waiter: Waiter<L>): void {
    waiter.previousDue = this.#last;
    if (this.#last === undefined) this.first = waiter;
    else this.#last.nextDue = waiter;
    this.#last = waiter;
  }

  remove(waiter: Waiter<L>): void {
    const { previousDue, nextDue } = waiter;
    if (previousDue === undefined) this.first = nextDue;
    else previousDue.nextDue = nextDue;
    if (nextDue === undefined) this.#last = previousDue;
    else nextDue.previousDue = previousDue;
    waiter.previousDue = undefined;
    waiter.nextDue = undefined;
  }

  /** Moves waiters over until `into` holds `limit`. */
  take(into: Waiter<L>[], limit: number): void {
    while (this.first !== undefined && into.length < limit) {
      const waiter = this.first;
      this.remove(waiter);
      into.push(waiter);
    }
  }
}
