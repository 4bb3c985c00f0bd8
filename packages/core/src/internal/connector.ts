// Owns the opening of connections: how many at once, with which deadline, and when again after a failure.
// Knows no waiter; a connection that has arrived is offered to the lending.

import type { Parts } from './parts.ts';
import type { Timer } from '../clock.ts';
import type { ConnectFailureKind, CreateContext } from '../factory.ts';
import type { ResolvedOptions } from '../options.ts';
import { Backoff, type ConnectFailure } from './backoff.ts';
import { bounded, type Outcome } from './bounded.ts';
import type { Disposer } from './disposer.ts';
import { formatSite } from './sites.ts';
import { CLOSING, CREATING, type Slot } from './slot.ts';

export interface ConnectorParts<C> extends Parts<C> {
  readonly disposer: Disposer<C>;
  /** A connection is open and free. */
  readonly onOpened: (slot: Slot<C>) => void;
  /** An attempt that began at this moment has failed. */
  readonly onFailed: (startedAt: number) => void;
  /** A slot's connection was reported dead. */
  readonly onLost: (slot: Slot<C>, cause: unknown) => void;
  /** The pause after a failure is over. */
  readonly onRetry: () => void;
  /** A connect takes long: whoever waits may want another. */
  readonly onSlow: () => void;
  /** A slot has become free. */
  readonly onRoom: () => void;
}

export class Connector<C> {
  readonly #parts: ConnectorParts<C>;
  readonly #backoff: Backoff;
  #timer: Timer | undefined = undefined;
  #isStopped = false;

  constructor(parts: ConnectorParts<C>) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.clock);
  }

  get failure(): ConnectFailure | undefined {
    return this.#backoff.failure;
  }

  /** The breaker: open from a fatal failure to the next success. */
  get isBroken(): boolean {
    return this.#backoff.isFatal;
  }

  /** Whether another connect may start now. After a failure it is one at a time, until one succeeds (P12). */
  get mayStart(): boolean {
    const connecting = this.#parts.slots.count(CREATING);
    if (this.failure === undefined) return connecting < this.#parts.options.maxConnecting;
    return connecting === 0 && !this.#backoff.isWaiting;
  }

  start(): void {
    const { factory, clock, options, slots } = this.#parts;
    const slot = slots.add();
    const startedAt = clock.now();
    const context = this.#contextOf(slot);
    // Async, so that a factory that throws at once fails like one that rejects.
    const create = async (): Promise<C> => {
      const connection = await factory.create(context);
      if (connection === undefined || connection === null)
        throw new TypeError('create resolved without a connection');
      return connection;
    };
    slot.operation = bounded(
      clock,
      options.createTimeoutMs,
      create,
      (outcome) => this.#settled(slot, outcome, startedAt),
      (late) => this.#settledLate(slot, late, startedAt),
    );
    this.#watch(slot);
  }

  /** P4: a connect into a black hole must not take a caller's whole time while another could succeed. */
  #watch(slot: Slot<C>): void {
    const { clock, options, slots, onSlow } = this.#parts;
    const patienceMs = options.acquireTimeoutMs / 2;
    if (patienceMs >= options.createTimeoutMs) return;
    // P7: not before what has arrived meanwhile is delivered.
    const judge = (): void => {
      if (slot.state !== CREATING) return;
      slots.markSlow(slot);
      onSlow();
    };
    slot.patience = clock.setTimer(() => clock.defer(judge), patienceMs, false);
  }

  #contextOf(slot: Slot<C>): CreateContext {
    const { events, onLost } = this.#parts;
    return {
      signal: slot.signal,
      lost: (cause) => onLost(slot, cause),
      report: (error) => events.report('lease', error),
      acquiredAt: () => formatSite(slot.site ?? slot.lastSite),
    };
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Stops waiting for a connection that is being opened. Until its create settles, it counts like one being closed. */
  abandon(slot: Slot<C>, reason: Error): void {
    const { slots, clock, options, disposer, onRoom } = this.#parts;
    // It has arrived, and a listener that hears of it does not want it.
    if (slot.connection !== undefined) return disposer.close(slot, slot.retireAs!);
    slots.move(slot, CLOSING);
    slot.patience?.cancel();
    slot.giveUp(reason);
    // P13: a create that never settles is counted for as long as a close may take, and no longer.
    const forget = (): void => {
      slots.delete(slot);
      onRoom();
    };
    slot.abandonment = clock.setTimer(forget, options.destroyTimeoutMs, false);
  }

  /** A connection died as soon as it was open: a server that drops everybody is not stormed. */
  stillborn(error: unknown): void {
    this.#backoff.resume();
    this.#failed(error, Infinity);
  }

  #failed(error: unknown, startedAt: number): void {
    const { recorder, events, onFailed } = this.#parts;
    recorder.createFailed++;
    const kind = this.#classify(error);
    const retryInMs = this.#backoff.failed(error, kind);
    const failure = this.failure!;
    this.#schedule(retryInMs);
    if (events.listening['connect:failed']) {
      events.emit('connect:failed', { error, kind, attempts: failure.attempts, retryInMs });
    }
    onFailed(startedAt);
  }

  #settled(slot: Slot<C>, outcome: Outcome<C>, startedAt: number): void {
    slot.operation = undefined;
    slot.patience?.cancel();
    if (slot.state !== CREATING)
      return outcome.kind === 'overdue' ? undefined : this.#settledLate(slot, outcome, startedAt);
    if (outcome.kind === 'done') return this.#opened(slot, outcome.value, startedAt);
    if (outcome.kind === 'failed') {
      this.#parts.slots.delete(slot);
      return this.#failed(outcome.error, startedAt);
    }
    const message = `create took longer than ${this.#parts.options.createTimeoutMs} ms`;
    const error = Object.assign(new Error(message), { code: 'CREATE_TIMEOUT' });
    this.abandon(slot, error);
    this.#failed(error, startedAt);
  }

  #opened(slot: Slot<C>, connection: C, startedAt: number): void {
    const { clock, options, disposer, onOpened } = this.#parts;
    this.#adopt(slot, connection, startedAt);
    // A listener of `connection:created` may have closed the pool.
    if (slot.state !== CREATING) return this.#closeAbandoned(slot);
    slot.idleSince = slot.provenAt = slot.createdAt;
    slot.expiresAt = slot.createdAt + lifetimeMs(options, clock.random());
    if (slot.retireAs === 'lost') {
      // First: closing it calls for the next.
      this.#failed(slot.lostCause ?? new Error('the connection was lost while it was opened'), startedAt);
      return disposer.close(slot, 'lost', slot.lostCause);
    }
    this.#backoff.succeeded();
    if (slot.retireAs === undefined) onOpened(slot);
    else disposer.close(slot, slot.retireAs);
  }

  #settledLate(slot: Slot<C>, outcome: Outcome<C>, startedAt: number): void {
    const { slots, onRoom } = this.#parts;
    if (outcome.kind === 'done') {
      this.#adopt(slot, outcome.value, startedAt);
      return this.#closeAbandoned(slot);
    }
    slot.abandonment!.cancel();
    // It may have been forgotten by now.
    if (slots.has(slot)) {
      slots.delete(slot);
      onRoom();
    }
  }

  #closeAbandoned(slot: Slot<C>): void {
    slot.abandonment?.cancel();
    this.#parts.disposer.close(slot, slot.retireAs ?? 'overdue');
  }

  #adopt(slot: Slot<C>, connection: C, startedAt: number): void {
    const { clock, recorder, events } = this.#parts;
    slot.connection = connection;
    slot.createdAt = clock.now();
    const createMs = slot.createdAt - startedAt;
    recorder.createMs.record(createMs);
    if (events.listening['connection:created'])
      events.emit('connection:created', { connectionId: slot.id, createMs });
  }

  #classify(error: unknown): ConnectFailureKind {
    const { factory, events } = this.#parts;
    try {
      return factory.classify?.(error) ?? 'transient';
    } catch (classifyError) {
      events.report('classify', classifyError);
      return 'transient';
    }
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    const retry = (): void => {
      this.#backoff.isWaiting = false;
      this.#parts.onRetry();
    };
    this.#timer = this.#parts.clock.setTimer(retry, delayMs, false);
  }
}

/** P16: shortened at random, so that connections opened together do not end together. */
function lifetimeMs({ maxLifetimeMs, maxLifetimeJitter }: ResolvedOptions, random: number): number {
  return maxLifetimeMs === Infinity ? Infinity : maxLifetimeMs * (1 - maxLifetimeJitter * random);
}
