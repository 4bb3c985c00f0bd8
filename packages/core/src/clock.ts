/** A running timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * All that the engine knows about time and chance. Injected, so that the whole of it runs under a virtual clock.
 * Milliseconds from a monotonic source: the wall clock decides nothing.
 */
export interface Clock {
  /** Now, exact. */
  now(): number;
  /** Now, as of this turn of the event loop: may be older than `now()` by as long as the turn has been running. */
  turnNow(): number;
  /** Calls back once, not earlier than after `delayMs`. Only a timer with `keepAlive` keeps the process running. */
  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer;
  /** Calls back after the event loop has delivered the input that had already arrived. */
  defer(callback: () => void): void;
  /** Uniform in [0, 1). */
  random(): number;
}
