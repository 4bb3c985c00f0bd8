import type { Waiter } from './wait-queue.ts';

/** The waiters whose time is up at the same millisecond. */
export class Bucket<L> {
  readonly tick: number;
  /** The tick, or later by the length of the turn in which its waiters came. */
  dueAt: number;
  first: Waiter<L> | undefined = undefined;
  #last: Waiter<L> | undefined = undefined;

  constructor(tick: number) {
    this.tick = tick;
    this.dueAt = tick;
  }

  push(waiter: Waiter<L>): void {
    waiter.bucket = this;
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
    waiter.bucket = undefined;
    waiter.previousDue = undefined;
    waiter.nextDue = undefined;
  }

  /** Takes out those that wait since this turn's reading of the clock, but for its first: they are the last here. */
  takeSince(turn: number, first: Waiter<L> | undefined): Waiter<L>[] {
    const taken: Waiter<L>[] = [];
    while (this.#last !== undefined && this.#last.since === turn && this.#last !== first) {
      taken.push(this.#last);
      this.remove(this.#last);
    }
    return taken.toReversed();
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
