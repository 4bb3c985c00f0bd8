// Owns the listeners. A listener that throws or rejects is reported, and disturbs neither the pool nor the next listener.

import { isPoolError } from '../errors.ts';
import type { BackgroundPhase, PoolEventName, PoolEvents, PoolListener } from '../events.ts';
import { errorCode } from './error-code.ts';

export class EventHub {
  readonly #pool: string;
  readonly #listeners = new Map<PoolEventName, Set<PoolListener<never>>>();
  readonly #warned = new Set<string>();
  /** So that an event nobody listens to costs one branch, and no payload. */
  readonly listening: Record<PoolEventName, boolean> = {
    'connection:created': false,
    'connection:closed': false,
    'connect:failed': false,
    'lease:acquired': false,
    'lease:released': false,
    'lease:overdue': false,
    'acquire:failed': false,
    'pool:cleared': false,
    'pool:closed': false,
    error: false,
  };
  backgroundErrors = 0;

  constructor(pool: string) {
    this.#pool = pool;
  }

  on<E extends PoolEventName>(event: E, listener: PoolListener<E>): () => void {
    // Each registration is its own, also of one function twice.
    const registered: PoolListener<E> = (payload) => listener(payload);
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(registered));
    this.listening[event] = true;
    return () => {
      listeners.delete(registered);
      this.listening[event] = listeners.size > 0;
    };
  }

  emit<E extends PoolEventName>(event: E, payload: PoolEvents[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])] as PoolListener<E>[]) {
      try {
        const returned: unknown = listener(payload);
        if (returned instanceof Promise)
          returned.catch((error: unknown) => this.#listenerFailed(event, error));
      } catch (error) {
        this.#listenerFailed(event, error);
      }
    }
  }

  /** A failure that no caller is there to receive: an `error` event, or the process's warning when nobody listens. */
  report(phase: BackgroundPhase, error: unknown): void {
    this.backgroundErrors++;
    if (this.listening.error) this.emit('error', { error, phase });
    else this.warn(phase, isPoolError(error) ? error.message : `failed with ${errorCode(error)}`);
  }

  /** Once per topic: a warning is for a person, the events and counters are for machines. */
  warn(topic: string, message: string): void {
    if (this.#warned.has(topic)) return;
    this.#warned.add(topic);
    const text = message.startsWith('pool "') ? message : `pool "${this.#pool}": ${topic}: ${message}`;
    process.emitWarning(`${text} (warned once; listen to the pool's events for all)`, 'PoolWarning');
  }

  #listenerFailed(event: PoolEventName, error: unknown): void {
    // A failing listener of `error` cannot be told about itself.
    if (event === 'error') this.backgroundErrors++;
    else this.report('listener', error);
  }
}
