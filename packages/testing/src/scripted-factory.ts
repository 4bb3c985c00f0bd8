import type { CloseReason, Clock, ConnectFailureKind, CreateContext, Factory } from '@pool/core';
import { Script, type Behaviour, type FactoryScript, type Step } from './script.ts';

/** A connection of the scripted factory, and the record of what was done with it. */
export interface ScriptedConnection {
  readonly id: number;
  isBroken: boolean;
  readonly destroyed: CloseReason[];
  readonly signal: AbortSignal;
  /** Reports the connection dead, as a driver does. */
  readonly lost: (cause?: unknown) => void;
}

/**
 * A factory that does as it is told, call by call, and counts what it was asked.
 *
 * `script` may be changed at any time; `next(step, behaviour)` goes before it for one call.
 */
export class ScriptedFactory implements Factory<ScriptedConnection> {
  readonly connections: ScriptedConnection[] = [];
  /** Open or being opened or closed, as a server would count; and the most of it at any time. */
  open = 0;
  peakOpen = 0;
  readonly #script: Script;

  constructor(clock: Clock, script: FactoryScript = {}) {
    this.#script = new Script(clock, script);
  }

  get script(): FactoryScript {
    return this.#script.behaviours;
  }

  get calls(): Readonly<Record<Step, number>> {
    return this.#script.calls;
  }

  /** What the next call of the step does, once; several queue up. */
  next(step: Step, behaviour: Behaviour): this {
    this.#script.next(step, behaviour);
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
      return Promise.resolve(this.#script.run('create', signal));
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
      closed = this.#script.run('destroy');
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
    return this.#script.run('validate', signal);
  }

  reset(_connection: ScriptedConnection, signal: AbortSignal): void | Promise<void> {
    return this.#script.run('reset', signal);
  }

  classify(): ConnectFailureKind {
    return this.script.classify ?? 'transient';
  }
}
