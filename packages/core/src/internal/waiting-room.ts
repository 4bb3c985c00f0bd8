// Owns the callers that wait: their order, their deadlines, their signals, and what each is told if it gets no lease.

import type { Parts } from './parts.ts';
import { AcquireTimeoutError, PoolClosedError } from '../errors.ts';
import type { AcquireFailure } from '../events.ts';
import type { Lease } from '../lease.ts';
import type { AcquireOptions } from '../options.ts';
import { Deadlines } from './deadlines.ts';
import type { Overview } from './overview.ts';
import { WaitQueue, Waiter } from './wait-queue.ts';

export interface WaitingRoomParts<C> extends Parts<C> {
  readonly overview: Overview<C>;
}

export class WaitingRoom<C> {
  readonly #parts: WaitingRoomParts<C>;
  readonly #queue = new WaitQueue<Lease<C>>();
  readonly #deadlines: Deadlines<Lease<C>>;

  constructor(parts: WaitingRoomParts<C>) {
    this.#parts = parts;
    this.#deadlines = new Deadlines(parts.clock, (due) => this.#expire(due));
  }

  get length(): number {
    return this.#queue.length;
  }

  /** @param unblock is called when the caller waits no longer */
  enter(
    options: AcquireOptions,
    timeoutMs: number,
    site: object | undefined,
    unblock?: () => void,
  ): Promise<Lease<C>> {
    const now = this.#deadlines.turnNow();
    this.#parts.recorder.markLoad(now);
    const { promise, resolve, reject } = Promise.withResolvers<Lease<C>>();
    const waiter = new Waiter<Lease<C>>(resolve, reject, now);
    waiter.label = options.label;
    waiter.site = site;
    waiter.unblock = unblock;
    this.#queue.push(waiter);
    this.#deadlines.add(waiter, timeoutMs);
    if (options.signal !== undefined) this.#listen(waiter, options.signal);
    return promise;
  }

  /** The caller that has waited longest, now waiting no longer. There must be one. */
  takeFirst(): Waiter<Lease<C>> {
    const waiter = this.#queue.first!;
    this.#deadlines.remove(waiter);
    this.#leave(waiter);
    return waiter;
  }

  /** Rejects all that wait since then or before, each with an error of its own. */
  rejectAll(reason: AcquireFailure, makeError: () => Error, since = Infinity): void {
    const waiters: Waiter<Lease<C>>[] = [];
    while (this.#queue.first !== undefined && this.#queue.first.since <= since)
      waiters.push(this.takeFirst());
    this.#parts.recorder.refused += waiters.length;
    for (const waiter of waiters) this.#reject(waiter, reason, makeError());
  }

  close(pool: string): void {
    this.rejectAll('closed', () => new PoolClosedError(pool));
  }

  #listen(waiter: Waiter<Lease<C>>, signal: AbortSignal): void {
    const abort = (): void => {
      this.#deadlines.remove(waiter);
      this.#leave(waiter);
      this.#parts.recorder.aborted++;
      this.#reject(waiter, 'aborted', signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    waiter.unlisten = () => signal.removeEventListener('abort', abort);
  }

  #leave(waiter: Waiter<Lease<C>>): void {
    this.#queue.remove(waiter);
    waiter.unlisten?.();
    waiter.unblock?.();
  }

  #expire(due: Waiter<Lease<C>>[]): void {
    const { overview } = this.#parts;
    const stats = overview.stats();
    const diagnosis = overview.diagnosis(stats);
    const phase = overview.acquirePhase(stats);
    const now = this.#parts.clock.now();
    // All leave before the first hears of it: a listener may release, and must not serve one whose time is up.
    for (const waiter of due) this.#leave(waiter);
    this.#parts.recorder.timedOut += due.length;
    const cause = overview.connectError;
    // The stack of this timer tells nobody anything, and costs a mass expiry most of its time.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    for (const waiter of due) {
      const waitedMs = now - waiter.since;
      const error = new AcquireTimeoutError({ pool: stats.name, phase, waitedMs, stats, diagnosis, cause });
      this.#reject(waiter, 'timeout', error);
    }
    Error.stackTraceLimit = limit;
  }

  #reject(waiter: Waiter<Lease<C>>, reason: AcquireFailure, error: unknown): void {
    waiter.reject(error);
    const { events, clock } = this.#parts;
    if (!events.listening['acquire:failed']) return;
    const labelled = waiter.label === undefined ? {} : { label: waiter.label };
    events.emit('acquire:failed', { reason, error, waitMs: clock.now() - waiter.since, ...labelled });
  }
}
