// Owns which calls have their place remembered. A call stack costs some microseconds, so only so many a second are taken:
// at a modest load all of them, under a high one a sample. When a leak turns up whose place is not in the sample, every
// call is taken for a while: a leak repeats.

import type { Clock } from '../clock.ts';

// 200 a second; in small portions, so that a burst costs little and the sample is spread.
const PORTION = 20;
const PORTION_MS = 100;
const HUNT_MS = 60_000;
const FRAMES = 6;

export class Sites {
  readonly #clock: Clock;
  #left = PORTION;
  #since = -Infinity;
  #huntUntil = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The place of the call of `callee`, or undefined when the share of this moment is used up. */
  take(callee: (...args: never[]) => unknown): object | undefined {
    if (this.#left === 0 && !this.#refill()) return undefined;
    this.#left--;
    return captureSite(callee);
  }

  /** Takes every call for a minute. */
  hunt(): void {
    this.#huntUntil = this.#clock.now() + HUNT_MS;
  }

  #refill(): boolean {
    const now = this.#clock.turnNow();
    if (now - this.#since < PORTION_MS && now >= this.#huntUntil) return false;
    this.#since = now;
    this.#left = PORTION;
    return true;
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
export function formatSite(site: { readonly stack?: string } | undefined): string | undefined {
  const stack = site?.stack;
  const frames = stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return frames === undefined || frames.length === 0
    ? undefined
    : frames.map((line) => line.trim()).join('\n');
}

/** The innermost frame of the call stack that is the service's own. */
export function firstFrame(site: object | undefined): string | undefined {
  const frames = formatSite(site)?.split('\n');
  return frames?.find((frame) => !frame.includes('node_modules')) ?? frames?.[0];
}
