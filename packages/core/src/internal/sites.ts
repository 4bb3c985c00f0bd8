// Owns which calls have their place remembered. A call stack costs about a microsecond, so at most so many a second are
// taken: at a usual load all of them, under a benchmark's a sample. A leak repeats, and so ends up in the sample.

import type { Clock } from '../clock.ts';

const SITES_PER_SECOND = 500;
const FRAMES = 8;

export class Sites {
  readonly #clock: Clock;
  #left = SITES_PER_SECOND;
  #since = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The place of the call of `callee`, or undefined when this second's share is used up. */
  take(callee: (...args: never[]) => unknown): object | undefined {
    if (this.#left === 0) {
      const now = this.#clock.turnNow();
      if (now - this.#since < 1000) return undefined;
      this.#since = now;
      this.#left = SITES_PER_SECOND;
    }
    this.#left--;
    return captureSite(callee);
  }
}

/** The place of the call of `callee`. Kept unformatted: most are never read. */
export function captureSite(callee: (...args: never[]) => unknown): object {
  const site = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(site, callee);
  Error.stackTraceLimit = limit;
  return site;
}

/** The call stack as text, without its heading; undefined when the place is not known. */
export function formatSite(site: object | undefined): string | undefined {
  const stack = (site as { stack?: string } | undefined)?.stack;
  const frames = stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return frames === undefined || frames.length === 0 ? undefined : frames.map((line) => line.trim()).join('\n');
}

/** The innermost frame of the call stack. */
export function firstFrame(site: object | undefined): string | undefined {
  return formatSite(site)?.split('\n', 1)[0];
}
