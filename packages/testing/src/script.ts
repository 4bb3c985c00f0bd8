import type { Clock, ConnectFailureKind, Timer } from '@pool/core';

/**
 * What one call of the factory does. `slow` ends well after so many milliseconds of the clock, or rejects when its signal
 * aborts: with `Infinity` only then.
 */
export type Behaviour =
  | 'ok'
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'fail'; readonly error?: unknown; readonly afterMs?: number }
  | { readonly kind: 'throw'; readonly error?: unknown }
  | { readonly kind: 'never' }
  /** As `slow`, and deaf to its signal. With an error it ends badly. */
  | { readonly kind: 'late'; readonly ms: number; readonly error?: unknown };

export const STEPS = ['create', 'validate', 'reset', 'destroy'] as const;
export type Step = (typeof STEPS)[number];

export interface FactoryScript {
  create?: Behaviour;
  validate?: Behaviour;
  /** 'ok': already clean, so the reset is synchronous. */
  reset?: Behaviour;
  destroy?: Behaviour;
  classify?: ConnectFailureKind;
}

/** Owns what each step of a factory is to do, call by call. */
export class Script {
  readonly behaviours: FactoryScript;
  readonly calls: Record<Step, number> = { create: 0, validate: 0, reset: 0, destroy: 0 };
  readonly #clock: Clock;
  readonly #queued: Record<Step, Behaviour[]> = { create: [], validate: [], reset: [], destroy: [] };

  constructor(clock: Clock, behaviours: FactoryScript = {}) {
    this.#clock = clock;
    this.behaviours = behaviours;
  }

  /** What the next call of the step does, once; several queue up. */
  next(step: Step, behaviour: Behaviour): void {
    this.#queued[step].push(behaviour);
  }

  /** Nothing is queued any more. */
  forget(): void {
    for (const step of STEPS) this.#queued[step].length = 0;
  }

  run(step: Step, signal?: AbortSignal): void | Promise<void> {
    this.calls[step]++;
    const behaviour = this.#queued[step].shift() ?? this.behaviours[step] ?? 'ok';
    if (behaviour === 'ok') return undefined;
    if (behaviour.kind === 'throw')
      throw (behaviour.error as Error | undefined) ?? new Error(`${step} threw`);
    const isDeaf = behaviour.kind === 'never' || behaviour.kind === 'late';
    return this.#later(step, behaviour, isDeaf ? undefined : signal);
  }

  #later(step: Step, behaviour: Exclude<Behaviour, 'ok'>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const abort = (): void => {
        timer?.cancel();
        reject(signal!.reason as Error);
      };
      const finish = (settle: () => void): void => {
        signal?.removeEventListener('abort', abort);
        settle();
      };
      if (signal?.aborted === true) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      const fail = (): void => reject(behaviourError(step, behaviour));
      const isBad = behaviour.kind === 'fail' || (behaviour.kind === 'late' && behaviour.error !== undefined);
      const settle = isBad ? fail : resolve;
      const ms = delayOf(behaviour);
      if (ms === 0 && behaviour.kind === 'fail') finish(settle);
      else if (ms < Infinity) timer = this.#clock.setTimer(() => finish(settle), ms, false);
    });
  }
}

function delayOf(behaviour: Exclude<Behaviour, 'ok'>): number {
  if (behaviour.kind === 'never') return Infinity;
  if (behaviour.kind === 'slow' || behaviour.kind === 'late') return behaviour.ms;
  return behaviour.kind === 'fail' ? (behaviour.afterMs ?? 0) : 0;
}

function behaviourError(step: Step, behaviour: Exclude<Behaviour, 'ok'>): Error {
  const given = 'error' in behaviour ? behaviour.error : undefined;
  return (given as Error | undefined) ?? new Error(`${step} failed`);
}
