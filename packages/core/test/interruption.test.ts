import { VirtualClock } from '@pool/testing';
import { expect, test, vi } from 'vitest';
import { orInterrupted } from '../src/index.ts';

const onTimeout = (): Error => new Error('out of time');

function scene(options: { signal?: AbortSignal; timeoutMs?: number }) {
  const clock = new VirtualClock();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const interrupt = vi.fn<(reason: unknown) => void>();
  const result = orInterrupted(promise, interrupt, { ...options, onTimeout, clock });
  return { clock, resolve, reject, interrupt, result };
}

test('an answer in time is handed on, and neither signal nor time interrupt anything afterwards', async () => {
  const abort = new AbortController();
  const { clock, resolve, interrupt, result } = scene({ signal: abort.signal, timeoutMs: 10 });
  resolve('answer');
  await expect(result).resolves.toBe('answer');
  abort.abort();
  await clock.advance(20);
  expect(interrupt).not.toHaveBeenCalled();
});

test('P6: an abort rejects with the reason itself, and interrupts once', async () => {
  const abort = new AbortController();
  const { clock, reject, interrupt, result } = scene({ signal: abort.signal, timeoutMs: 10 });
  const reason = new Error('the user left');
  abort.abort(reason);
  await expect(result).rejects.toBe(reason);
  await clock.advance(20);
  reject(new Error('canceled by the server'));
  expect(interrupt.mock.calls).toEqual([[reason]]);
});

test('an abort that came before rejects although the answer is on its way', async () => {
  const { interrupt, result, resolve } = scene({ signal: AbortSignal.abort('gone') });
  resolve('answer');
  await expect(result).rejects.toBe('gone');
  expect(interrupt).toHaveBeenCalledOnce();
});

test('the end of the time rejects with the error of onTimeout, and not early', async () => {
  const { clock, interrupt, result } = scene({ timeoutMs: 10 });
  const outcome = result.catch((error: Error) => error.message);
  await clock.advance(9);
  expect(interrupt).not.toHaveBeenCalled();
  await clock.advance(1);
  expect(interrupt).toHaveBeenCalledOnce();
  await expect(outcome).resolves.toBe('out of time');
});

test('an error of the answer is handed on untouched', async () => {
  const { reject, interrupt, result } = scene({ timeoutMs: 10 });
  const error = new Error('syntax');
  reject(error);
  await expect(result).rejects.toBe(error);
  expect(interrupt).not.toHaveBeenCalled();
});
