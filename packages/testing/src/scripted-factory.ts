import type { CloseReason, Clock, ConnectFailureKind, CreateContext, Factory, Timer } from '@pool/core';

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
  /** As `slow`, and deaf to its signal. */
  | { readonly kind: 'late'; readonly ms: number };

/** A connection of the scripted factory, and the record of what was done with it. */
export interface ScriptedConnection {
  readonly id: number;
  isBroken: boolean;
  readonly destroyed: CloseReason[];
  readonly signal: AbortSignal;
  /** Reports the connection dead, as a driver does. */
  readonly lost: (cause?: unknown) => void;
}

export interface FactoryScript {
  create?: Behaviour;
  validate?: Behaviour;
  /** 'ok': already clean, so the reset is synchronous. */
  reset?: Behaviour;
  destroy?: Behaviour;
  classify?: ConnectFailureKind;
}

const STEPS = ['create', 'validate', 'reset', 'destroy'] as const;
type Step = (typeof STEPS)[number];

/**
 * A factory that does as it is told, call by call, and counts what it was asked.
 *
 * `script` may be changed at any time; `next(step, behaviour)` goes before it for one call.
 */
export class ScriptedFactory implements Factory<ScriptedConnection> {
  readonly script: FactoryScript;
  readonly connections: ScriptedConnection[] = [];
  readonly calls: Record<Step, number> = { create: 0, validate: 0, reset: 0, destroy: 0 };
  /** Open or being opened or closed, as a server would count; and the most of it at any time. */
  open = 0;
  peakOpen = 0;
  readonly #clock: Clock;
  readonly #queued: Record<Step, Behaviour[]> = { create: [], validate: [], reset: [], destroy: [] };

  constructor(clock: Clock, script: FactoryScript = {}) {
    this.#clock = clock;
    this.script = script;
  }

  /** What the next call of the step does, once; several queue up. */
  next(step: Step, behaviour: Behaviour): this {
    this.#queued[step].push(behaviour);
    return this;
  }

  create({ signal, lost }: CreateContext): Promise<ScriptedConnection> {
    const connection = { id: this.calls.create + 1, isBroken: false, destroyed: [], signal, lost };
    this.open++;
    this.peakOpen = Math.max(this.peakOpen, this.open);
    return this.#created(signal).then(
      () => {
        this.connections.push(connection);
        return connection;
      },
      (error: unknown) => {
        this.open--;
        throw error;
      },
    );
  }

  /** A scripted throw is the factory's own, and not a rejection: the connection was never there. */
  #created(signal: AbortSignal): Promise<void> {
    try {
      return Promise.resolve(this.#run('create', signal));
    } catch (error) {
      this.open--;
      throw error;
    }
  }

  destroy(connection: ScriptedConnection, reason: CloseReason): void | Promise<void> {
    connection.destroyed.push(reason);
    const gone = (): void => void this.open--;
    let closed: void | Promise<void>;
    try {
      closed = this.#run('destroy');
    } catch (error) {
      gone();
      throw error;
    }
    if (closed === undefined) return gone();
    return closed.finally(gone);
  }

  isBroken(connection: ScriptedConnection): boolean {
    return connection.isBroken;
  }

  validate(_connection: ScriptedConnection, signal: AbortSignal): void | Promise<void> {
    return this.#run('validate', signal);
  }

  reset(_connection: ScriptedConnection, signal: AbortSignal): void | Promise<void> {
    return this.#run('reset', signal);
  }

  classify(): ConnectFailureKind {
    return this.script.classify ?? 'transient';
  }

  #run(step: Step, signal?: AbortSignal): void | Promise<void> {
    this.calls[step]++;
    const behaviour = this.#queued[step].shift() ?? this.script[step] ?? 'ok';
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
      const settle = behaviour.kind === 'fail' ? fail : resolve;
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
