// Against other processes only: inside this one, the pool's queue keeps writers apart.
import { setTimeout as pause } from 'node:timers/promises';
import { isLocked, lockedError } from './sqlite-error.ts';

// A fixed pause, and no back-off: SQLite's own back-off lets whoever came last overtake whoever has waited longest.
const RETRY_MS = 1;

export interface LockWait {
  readonly timeoutMs: number;
  readonly isCancelled: () => boolean;
  readonly onWaited: (waitedMs: number) => void;
}

/**
 * Tries again every millisecond while another process holds the lock. The thread's event loop stays free.
 *
 * @throws {SqliteError} SQLITE_BUSY when the lock was not free in time
 */
export async function whileLocked<R>(attempt: () => R, wait: LockWait): Promise<R> {
  const startedAt = performance.now();
  for (let tries = 0; ; tries++) {
    try {
      const result = attempt();
      if (tries > 0) wait.onWaited(performance.now() - startedAt);
      return result;
    } catch (error) {
      const waitedMs = performance.now() - startedAt;
      const isOver = !isLocked(error) || waitedMs >= wait.timeoutMs || wait.isCancelled();
      if (isOver && tries > 0) wait.onWaited(waitedMs);
      if (isOver) throw isLocked(error) ? lockedError(waitedMs) : error;
    }
    await pause(RETRY_MS);
  }
}
