import { getEventListeners } from 'node:events';
import { VirtualClock } from '@pool/testing';
import { describe, expect, test, vi } from 'vitest';
import { runTransaction, withRetries, type TransactionSteps } from '../src/index.ts';
import { failureOf, watch } from './support/promises.ts';

/** Steps that write down their order, and fail where they are told to. */
function stepsOf(broken: Partial<Record<keyof TransactionSteps, Error>> = {}): {
  steps: TransactionSteps;
  log: string[];
} {
  const log: string[] = [];
  const step = (name: keyof TransactionSteps) => async (): Promise<void> => {
    log.push(name);
    if (broken[name] !== undefined) throw broken[name];
  };
  return { steps: { begin: step('begin'), commit: step('commit'), rollback: step('rollback') }, log };
}

const ignore = (): void => {};
const throwing = (): never => {
  throw new Error('work');
};

describe('runTransaction', () => {
  test('begins, works, commits, and answers with what the work returns', async () => {
    const { steps, log } = stepsOf();
    const result = await runTransaction(steps, () => log.push('work') && 'result', ignore);

    expect([result, log]).toEqual(['result', ['begin', 'work', 'commit']]);
  });

  test('rolls back when the work rejects, and throws its very error', async () => {
    const { steps, log } = stepsOf();
    const error = new Error('work');

    expect(await failureOf(runTransaction(steps, () => Promise.reject(error), ignore))).toBe(error);
    expect(log).toEqual(['begin', 'rollback']);
  });

  test('rolls back when the work throws before it returns a promise', async () => {
    const { steps, log } = stepsOf();

    await expect(runTransaction(steps, throwing, ignore)).rejects.toThrow('work');
    expect(log).toEqual(['begin', 'rollback']);
  });

  test('rolls back when the commit fails, and throws the error of the commit', async () => {
    const error = new Error('could not serialize');
    const { steps, log } = stepsOf({ commit: error });

    expect(await failureOf(runTransaction(steps, ignore, ignore))).toBe(error);
    expect(log).toEqual(['begin', 'commit', 'rollback']);
  });

  test('neither works nor rolls back when it cannot begin', async () => {
    const error = new Error('begin');
    const { steps, log } = stepsOf({ begin: error });
    const work = vi.fn();

    expect(await failureOf(runTransaction(steps, work, ignore))).toBe(error);
    expect([log, work.mock.calls.length]).toEqual([['begin'], 0]);
  });

  test('throws the error of the work also when rolling back fails, and tells of the latter', async () => {
    const rollback = new Error('rollback');
    const { steps } = stepsOf({ rollback });
    const told = vi.fn();

    await expect(runTransaction(steps, () => Promise.reject(new Error('work')), told)).rejects.toThrow(
      'work',
    );
    expect(told.mock.calls).toEqual([[rollback]]);
  });

  test('tells of no failed rollback when rolling back worked', async () => {
    const { steps } = stepsOf();
    const told = vi.fn();
    await failureOf(runTransaction(steps, () => Promise.reject(new Error('work')), told));

    expect(told).not.toHaveBeenCalled();
  });

  test('takes steps that are synchronous', async () => {
    const log: string[] = [];
    const steps = {
      begin: () => void log.push('begin'),
      commit: () => void log.push('commit'),
      rollback: ignore,
    };

    expect(await runTransaction(steps, () => 1, ignore)).toBe(1);
    expect(log).toEqual(['begin', 'commit']);
  });
});

const retryable = (error: unknown): boolean => (error as Error).message === 'again';

/** An attempt that fails so often, and counts. */
function failing(
  times: number,
  message = 'again',
): { attempt: (attempt: number) => Promise<string>; calls: number[] } {
  const calls: number[] = [];
  const attempt = async (number: number): Promise<string> => {
    calls.push(number);
    if (calls.length <= times) throw new Error(message);
    return 'done';
  };
  return { attempt, calls };
}

describe('withRetries', () => {
  test('runs once when the attempt works', async () => {
    const { attempt, calls } = failing(0);

    expect(
      await withRetries(attempt, { retries: 3, isRetryable: retryable, clock: new VirtualClock() }),
    ).toBe('done');
    expect(calls).toEqual([0]);
  });

  test('runs again until it works, and tells each attempt its number', async () => {
    const clock = new VirtualClock();
    const { attempt, calls } = failing(2);
    const result = withRetries(attempt, { retries: 3, isRetryable: retryable, clock });
    await clock.advance(1_000);

    expect([await result, calls]).toEqual(['done', [0, 1, 2]]);
  });

  test('gives up after so many retries, with the last error', async () => {
    const clock = new VirtualClock();
    const { attempt, calls } = failing(Infinity);
    const result = watch(withRetries(attempt, { retries: 2, isRetryable: retryable, clock }));
    await clock.advance(1_000);

    expect([result.state, calls.length]).toEqual(['rejected', 3]);
  });

  test('does not run again after an error that is not retryable', async () => {
    const { attempt, calls } = failing(1, 'syntax error');

    await expect(
      withRetries(attempt, { retries: 3, isRetryable: retryable, clock: new VirtualClock() }),
    ).rejects.toThrow('syntax error');
    expect(calls).toEqual([0]);
  });

  test('with no retries runs once', async () => {
    const { attempt, calls } = failing(1);

    await expect(
      withRetries(attempt, { retries: 0, isRetryable: retryable, clock: new VirtualClock() }),
    ).rejects.toThrow('again');
    expect(calls).toEqual([0]);
  });

  test('pauses a random time before each retry, from a span that doubles', async () => {
    const clock = new VirtualClock();
    vi.spyOn(clock, 'random').mockReturnValue(0.5);
    const at: number[] = [];
    const attempt = async (): Promise<void> => {
      at.push(clock.now());
      throw new Error('again');
    };
    void watch(withRetries(attempt, { retries: 3, isRetryable: retryable, baseMs: 100, clock }));
    await clock.advance(10_000);

    const pauses = at.slice(1).map((time, index) => time - at[index]!);
    expect(pauses).toEqual([pauses[0]!, 2 * pauses[0]!, 4 * pauses[0]!]);
  });

  test('keeps the process alive while it pauses', async () => {
    const clock = new VirtualClock();
    void watch(withRetries(failing(1).attempt, { retries: 1, isRetryable: retryable, clock }));
    await clock.settle();

    expect(clock.keepAliveTimers).toBe(1);
  });

  test('ends a pause when the signal aborts, with its reason, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const { attempt, calls } = failing(1);
    const result = watch(
      withRetries(attempt, { retries: 1, isRetryable: retryable, baseMs: 100, signal: abort.signal, clock }),
    );
    await clock.settle();
    abort.abort('gone');
    await clock.settle();

    expect([result.error, calls.length, clock.pendingTimers]).toEqual(['gone', 1, 0]);
  });

  test('does not pause when the signal has aborted during the attempt', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const attempt = async (): Promise<void> => {
      abort.abort('gone');
      throw new Error('again');
    };

    const error = await failureOf(
      withRetries(attempt, { retries: 1, isRetryable: retryable, signal: abort.signal, clock }),
    );
    expect([error, clock.pendingTimers]).toEqual(['gone', 0]);
  });

  test('leaves no listener on the signal once it is done', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    void withRetries(failing(2).attempt, { retries: 2, isRetryable: retryable, signal, clock });
    await clock.advance(1_000);

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
