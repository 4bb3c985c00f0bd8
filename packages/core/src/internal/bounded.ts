import type { Clock, Timer } from '../clock.ts';

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'overdue' };

const OVERDUE: Outcome<never> = { kind: 'overdue' };
// So that a call without a deadline is known to be under way, too.
const NO_DEADLINE: Timer = { cancel() {} };

/**
 * Runs a call of the factory that may throw, reject, hang, or answer at once; `settle` hears exactly one outcome, in the
 * same tick if the call is synchronous. P7: it is overdue only after the loop had a turn to deliver its answer.
 *
 * @param late hears the outcome that comes after `overdue`, if one comes
 * @returns the deadline, while the call is under way: cancelling it leaves the call without
 */
export function bounded<T>(
  clock: Clock,
  timeoutMs: number,
  call: () => T | PromiseLike<T>,
  settle: (outcome: Outcome<T>) => void,
  late?: (outcome: Outcome<T>) => void,
): Timer | undefined {
  let result: T | PromiseLike<T>;
  try {
    result = call();
  } catch (error) {
    settle({ kind: 'failed', error });
    return undefined;
  }
  if (!isThenable(result)) {
    settle({ kind: 'done', value: result });
    return undefined;
  }
  let isSettled = false;
  const finish = (outcome: Outcome<T>): void => {
    if (isSettled) return outcome === OVERDUE ? undefined : late?.(outcome);
    isSettled = true;
    timer.cancel();
    settle(outcome);
  };
  const timer =
    timeoutMs === Infinity
      ? NO_DEADLINE
      : clock.setTimer(() => clock.defer(() => finish(OVERDUE)), timeoutMs, false);
  result.then(
    (value) => finish({ kind: 'done', value }),
    (error: unknown) => finish({ kind: 'failed', error }),
  );
  return timer;
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}
