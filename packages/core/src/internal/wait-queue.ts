// Owns the order of the callers that wait. First come, first served; leaving from the middle is O(1). Knows no time.

/** One caller in line. The links of the queue and of its deadline's bucket are its own: waiting allocates nothing else. */
export class Waiter<L> {
  readonly resolve: (lease: L) => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
  label: string | undefined = undefined;
  site: object | undefined = undefined;
  /** Removes the listener from the caller's signal. */
  unlisten: (() => void) | undefined = undefined;
  /** Undoes what detecting nested acquires noted for this waiter. */
  unblock: (() => void) | undefined = undefined;

  previous: Waiter<L> | undefined = undefined;
  next: Waiter<L> | undefined = undefined;
  /** Holds it until it leaves, or its time is up. */
  bucket: { remove(waiter: Waiter<L>): void } | undefined = undefined;
  previousDue: Waiter<L> | undefined = undefined;
  nextDue: Waiter<L> | undefined = undefined;

  constructor(resolve: (lease: L) => void, reject: (error: unknown) => void, since: number) {
    this.resolve = resolve;
    this.reject = reject;
    this.since = since;
  }
}

export class WaitQueue<L> {
  #first: Waiter<L> | undefined = undefined;
  #last: Waiter<L> | undefined = undefined;
  length = 0;

  get first(): Waiter<L> | undefined {
    return this.#first;
  }

  push(waiter: Waiter<L>): void {
    waiter.previous = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.length++;
  }

  remove(waiter: Waiter<L>): void {
    const { previous, next } = waiter;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiter.previous = undefined;
    waiter.next = undefined;
    this.length--;
  }
}
