// Owns the numbers. The hot ones are plain fields; nothing is computed before somebody reads.

import { CLOSE_REASONS, type CloseReason } from '../factory.ts';
import { Histogram } from '../histogram.ts';
import type { PoolCounters } from '../stats.ts';

// Load is judged over the time since the window before the last, so over 5 to 10 s.
const WINDOW_MS = 5_000;

export class Recorder {
  attempts = 0;
  timedOut = 0;
  aborted = 0;
  refused = 0;
  createFailed = 0;
  misused = 0;
  overdue = 0;
  readonly closed = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<
    CloseReason,
    number
  >;
  readonly waitMs: Histogram = new Histogram();
  readonly useMs: Histogram = new Histogram();
  readonly createMs: Histogram = new Histogram();

  #windows = [{ at: -Infinity, attempts: 0, uses: 0, useMs: 0 }];

  /** Arrivals and mean use of late, in O(1). */
  load(now: number): { arrivalsPerSecond: number; meanUseMs: number } {
    const since = this.#windows[0]!;
    const elapsedMs = Number.isFinite(since.at) ? now - since.at : 0;
    const uses = this.useMs.count - since.uses;
    return {
      arrivalsPerSecond: elapsedMs > 0 ? ((this.attempts - since.attempts) / elapsedMs) * 1000 : 0,
      meanUseMs: uses > 0 ? (this.useMs.sum - since.useMs) / uses : 0,
    };
  }

  /** Called when callers have to wait: the only time at which the load is of interest. */
  markLoad(now: number): void {
    const latest = this.#windows.at(-1)!;
    if (now - latest.at < WINDOW_MS) return;
    const { attempts, useMs } = this;
    const mark = { at: now, attempts: attempts - 1, uses: useMs.count, useMs: useMs.sum };
    this.#windows = Number.isFinite(latest.at) ? [latest, mark] : [mark];
  }

  counters(backgroundErrors: number): PoolCounters {
    const { attempts, timedOut, aborted, refused, createFailed, misused, overdue } = this;
    return {
      attempts,
      acquired: this.waitMs.count,
      released: this.useMs.count,
      timedOut,
      aborted,
      refused,
      created: this.createMs.count,
      createFailed,
      closed: { ...this.closed },
      misused,
      overdue,
      backgroundErrors,
    };
  }
}
