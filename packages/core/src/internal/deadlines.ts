// Owns when each waiter's time is up: one timer for all of them, whatever their timeouts are.
// Waiters share a bucket per millisecond, the buckets' ticks a heap: adding and removing are O(1), but for the first
// waiter of a new millisecond (O(log of the milliseconds in use)).
// Reading the clock would be a sixth of a waiter's cost, so the callers of one turn of the loop share one reading. When the
// turn proves to have been long, all but the first are put off by its length: a deadline may be late by a turn, never early.

import type { Clock, Timer } from '../clock.ts';
import { Bucket } from './bucket.ts';
import { MinHeap } from './min-heap.ts';
import type { Waiter } from './wait-queue.ts';

// P7: a mass expiry yields to the event loop after this many waiters.
const SLICE = 500;
const LONG_TURN_MS = 1;
// So that a crowd that comes in one turn is not put off by the time its own coming takes.
const CALLERS_PER_READING = 64;

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
  // This turn's reading of the clock, its first waiter, and the buckets that got waiters in it.
  #turn = 0;
  #isTurnOpen = false;
  #isEndDeferred = false;
  #callers = 0;
  #firstOfTurn: Waiter<L> | undefined = undefined;
  readonly #touched = new Set<Bucket<L>>();
  #lastTouched: Bucket<L> | undefined = undefined;

  /** @param expire is given at most a slice of waiters at a time, all past their deadline, earliest first */
  constructor(clock: Clock, expire: (waiters: Waiter<L>[]) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** The time since when a caller of this turn waits: exact for the first, shared by the others. */
  turnNow(): number {
    if (++this.#callers > CALLERS_PER_READING) this.#endTurn();
    if (!this.#isTurnOpen) this.#startTurn();
    return this.#turn;
  }

  #startTurn(): void {
    this.#isTurnOpen = true;
    this.#callers = 1;
    this.#turn = this.#clock.now();
    if (this.#isEndDeferred) return;
    this.#isEndDeferred = true;
    this.#clock.defer(() => {
      this.#isEndDeferred = false;
      this.#endTurn();
    });
  }

  /** The waiter's `since` is this turn's. */
  add(waiter: Waiter<L>, timeoutMs: number): void {
    const bucket = this.#bucketAt(Math.ceil(waiter.since + timeoutMs));
    bucket.push(waiter);
    this.#size++;
    if (this.#lastTouched !== bucket) this.#touch(bucket, waiter);
    const tick = this.#ticks.least;
    // P20: a timer runs as long as somebody waits, also for ever: it keeps the process alive.
    if (tick < this.#armedFor || this.#timer === undefined) this.#arm(tick);
  }

  remove(waiter: Waiter<L>): void {
    waiter.bucket!.remove(waiter);
    this.#size--;
    if (this.#size === 0) this.#clear();
  }

  #touch(bucket: Bucket<L>, waiter: Waiter<L>): void {
    if (this.#touched.size === 0) this.#firstOfTurn = waiter;
    this.#touched.add(bucket);
    this.#lastTouched = bucket;
  }

  #endTurn(): void {
    if (!this.#isTurnOpen) return;
    this.#isTurnOpen = false;
    const lateBy = this.#clock.now() - this.#turn;
    if (lateBy > LONG_TURN_MS) this.#putOff(lateBy);
    // Too short to tell them apart by: the whole bucket waits.
    else for (const bucket of this.#touched) bucket.dueAt = Math.max(bucket.dueAt, bucket.tick + lateBy);
    this.#touched.clear();
    this.#lastTouched = undefined;
    this.#firstOfTurn = undefined;
  }

  /** Of the later callers of a long turn only its beginning is known: they may have come as late as its end. */
  #putOff(lateBy: number): void {
    const later = [...this.#touched].map((bucket) => {
      return {
        tick: Math.ceil(bucket.tick + lateBy),
        waiters: bucket.takeSince(this.#turn, this.#firstOfTurn),
      };
    });
    for (const { tick, waiters } of later) for (const waiter of waiters) this.#bucketAt(tick).push(waiter);
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
    this.#endTurn();
    const now = this.#clock.now();
    const due: Waiter<L>[] = [];
    while (due.length < SLICE && this.#ticks.least <= now) {
      const bucket = this.#buckets.get(this.#ticks.least)!;
      if (bucket.dueAt > now) break;
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
    let bucket = this.#buckets.get(this.#ticks.least)!;
    while (bucket.first === undefined) {
      this.#drop(bucket);
      bucket = this.#buckets.get(this.#ticks.least)!;
    }
    this.#arm(bucket.dueAt);
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
