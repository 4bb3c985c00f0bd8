import { VirtualClock } from '@pool/testing';
import { expect, test, vi } from 'vitest';
import { CallDeadline, OptionError, QueryTimeoutError } from '../src/index.ts';

const never = new Promise<never>(() => {});

test('P5: what is left of the time shrinks, down to 1, and goes along with the options', async () => {
  const clock = new VirtualClock();
  const deadline = new CallDeadline('test', { timeoutMs: 100 }, clock);
  const options = { label: 'report', timeoutMs: 100 };
  await clock.advance(60);
  expect([deadline.leftMs, deadline.within(options)]).toEqual([40, { label: 'report', timeoutMs: 40 }]);
  await clock.advance(60);
  expect(deadline.leftMs).toBe(1);
});

test('without a limit the options are handed on as they are, and the answer too', async () => {
  const clock = new VirtualClock();
  const deadline = new CallDeadline('test', {}, clock);
  const options = { label: 'report' };
  expect(deadline.leftMs).toBe(Infinity);
  expect(deadline.within(options)).toBe(options);
  const answer = Promise.resolve('answer');
  expect(deadline.bound(answer, () => undefined)).toBe(answer);
});

test('the end of the time interrupts once, and is a QueryTimeoutError with the whole of it', async () => {
  const clock = new VirtualClock();
  const deadline = new CallDeadline('test', { timeoutMs: 100 }, clock);
  await clock.advance(60);
  const interrupt = vi.fn<(reason: unknown) => void>();
  const error = deadline.bound(never, interrupt).catch((reason: unknown) => reason);
  await clock.advance(39);
  expect(interrupt).not.toHaveBeenCalled();
  await clock.advance(1);
  expect(await error).toBeInstanceOf(QueryTimeoutError);
  expect(await error).toMatchObject({ pool: 'test', timeoutMs: 100 });
  expect(interrupt).toHaveBeenCalledExactlyOnceWith(await error);
});

test('what is known at the end of the time goes into its error', async () => {
  const clock = new VirtualClock();
  const cause = new Error('the last attempt');
  const deadline = new CallDeadline('test', { timeoutMs: 10 }, clock);
  const details = (): { cause: Error; note: string } => ({ cause, note: 'it is cancelled' });
  const error = deadline.bound(never, () => undefined, details).catch((reason: unknown) => reason);
  await clock.advance(10);
  expect(await error).toMatchObject({
    cause,
    message: 'pool "test": no answer within 10 ms; it is cancelled',
  });
});

test('P6: the signal ends the waiting with its own reason', async () => {
  const abort = new AbortController();
  const deadline = new CallDeadline('test', { signal: abort.signal }, new VirtualClock());
  const interrupt = vi.fn<(reason: unknown) => void>();
  const bound = deadline.bound(never, interrupt);
  abort.abort('left');
  await expect(bound).rejects.toBe('left');
  expect(interrupt).toHaveBeenCalledExactlyOnceWith('left');
});

test.each([0, -1, Number.NaN, '5' as never])('a time of %s is refused', (timeoutMs) => {
  expect(() => new CallDeadline('test', { timeoutMs })).toThrow(OptionError);
});
