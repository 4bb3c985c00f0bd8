import { CloseTimeoutError } from './errors.ts';
import type { PoolEventName, PoolListener } from './events.ts';
import type { CloseReason, Factory } from './factory.ts';
import type { Clock } from './clock.ts';
import { bounded } from './internal/bounded.ts';
import { Engine } from './internal/engine.ts';
import { CHECKING, CREATING, IDLE, LEASED, RESETTING, type Slot } from './internal/slot.ts';
import type { Lease } from './lease.ts';
import { type AcquireOptions, checkBounds, checkOption, type ResolvedOptions } from './options.ts';
import type { PoolMetrics, PoolStats } from './stats.ts';

/** What `evict` tells of a connection; ages in milliseconds. */
export interface ConnectionInfo {
  readonly connectionId: number;
  readonly ageMs: number;
  /** 0 while leased. */
  readonly idleMs: number;
  readonly uses: number;
  readonly isLeased: boolean;
}

const NO_OPTIONS: AcquireOptions = Object.freeze({});

/** Lends connections, each to one borrower at a time. Made by `createPool`. */
export class Pool<C> {
  readonly #engine: Engine<C>;
  #closed: Promise<void> | undefined = undefined;

  /** Use `createPool`, which checks the options. */
  constructor(factory: Factory<C>, options: ResolvedOptions, clock: Clock) {
    this.#engine = new Engine(factory, options, clock);
  }

  get name(): string {
    return this.#engine.options.name;
  }

  /**
   * Lends a connection: at once when a sound one is idle, otherwise in the order of the callers.
   *
   * One deadline covers the queue, connecting, validating and resetting. Release the lease in a `finally`, or use `use()`.
   *
   * @throws {AcquireTimeoutError} no connection within the deadline
   * @throws {QueueFullError} `maxWaiting` callers wait already
   * @throws {ConnectError} the server refuses for good (password, unknown database), and no connection is alive
   * @throws {PoolClosedError} the pool is closing or closed
   * @throws the signal's own reason, when it aborts
   */
  acquire(options?: AcquireOptions): Promise<Lease<C>> {
    return this.#acquire(options, this.#engine.sites.take(this.acquire));
  }

  #acquire(options: AcquireOptions | undefined, site: object | undefined): Promise<Lease<C>> {
    const { recorder, lending, admission } = this.#engine;
    recorder.attempts++;
    if (options === undefined) {
      const lease = lending.tryLend(undefined, site);
      if (lease !== undefined) return Promise.resolve(lease);
    }
    return admission.admit(options ?? NO_OPTIONS, site);
  }

  /**
   * Lends an idle connection that needs no round trip, or answers undefined. Never waits, never overtakes a waiter.
   *
   * When it finds none, the pool gets one ready in the background if there is room, so that a later call can succeed.
   */
  tryAcquire(options: { label?: string } = NO_OPTIONS as { label?: string }): Lease<C> | undefined {
    const { recorder, sites, lending } = this.#engine;
    // Before lending, so that the numbers add up for whoever hears of it.
    recorder.attempts++;
    const lease = lending.tryLend(options.label, sites.take(this.tryAcquire));
    if (lease !== undefined) return lease;
    recorder.attempts--;
    lending.start();
    lending.pump(1);
    return undefined;
  }

  /**
   * Acquires, works, releases, whatever the work does. Its result or error is the caller's.
   *
   * An error of the work does not cost the connection; a broken one is found by the adapter, or say `lease.destroy()`.
   */
  async use<R>(
    work: (connection: C, lease: Lease<C>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    const { nesting, sites } = this.#engine;
    const lease = await this.#acquire(options, sites.take(this.use));
    try {
      const run = (): R | Promise<R> => work(lease.connection, lease);
      return await (nesting === undefined ? run() : nesting.run(lease, run));
    } finally {
      // The work may have ended it by `destroy()`, and the pool may have cut it.
      if (!lease.isEnded) lease.release();
    }
  }

  /** Opens `min` connections, and at least one: proves at start-up that the server can be reached. Errors as `acquire`. */
  async ready(options?: AcquireOptions): Promise<void> {
    const { lending, slots } = this.#engine;
    // Held at the same time, so that each is a connection of its own.
    const length = Math.max(1, lending.min) - slots.count(LEASED);
    const attempts = await Promise.allSettled(
      Array.from({ length }, () => this.#acquireBeyondQueue(options)),
    );
    const failed = attempts.filter((attempt) => attempt.status === 'rejected');
    for (const attempt of attempts) if (attempt.status === 'fulfilled') attempt.value.release();
    if (failed.length > 0) throw failed[0]!.reason;
  }

  /** The pool's own callers are not bounded by `maxWaiting`. */
  #acquireBeyondQueue(options: AcquireOptions = NO_OPTIONS): Promise<Lease<C>> {
    const { recorder, sites, admission } = this.#engine;
    recorder.attempts++;
    return admission.admit(options, sites.take(this.ready), Infinity);
  }

  /**
   * Retires every connection made so far: idle ones now, leased ones at release, those being opened on arrival.
   *
   * Waiting callers stay, and get new connections.
   *
   * @param options `interrupt` also ends the leases and stops waiting for connects under way
   */
  clear(options: { interrupt?: boolean } = {}): void {
    const engine = this.#engine;
    const interrupt = options.interrupt === true;
    engine.generation++;
    this.#retireAll('cleared', interrupt ? 'was ended by clear({ interrupt: true })' : undefined);
    if (engine.events.listening['pool:cleared']) {
      engine.events.emit('pool:cleared', { generation: engine.generation, interrupt });
    }
    engine.lending.pump();
  }

  /** Retires the connections that the predicate picks: idle ones now, leased ones at release. @returns how many */
  evict(predicate: (connection: C, info: ConnectionInfo) => boolean): number {
    const { slots } = this.#engine;
    const picked = slots
      .list()
      .filter((slot) => this.#isOpen(slot) && predicate(slot.connection as C, this.#infoOf(slot)));
    for (const slot of picked) slots.retire(slot, 'evicted');
    for (const slot of picked) this.#closeUnused(slot, 'evicted');
    return picked.length;
  }

  /**
   * Changes the bounds. Above a smaller `max` connections are closed as they become free: no lease is cut.
   *
   * @throws {OptionError} a wrong value, or `min` above `max`
   */
  resize(bounds: { max?: number; min?: number }): void {
    const { lending, slots, disposer } = this.#engine;
    const { max = lending.max, min = lending.min } = bounds;
    checkOption(this.name, 'max', max);
    checkOption(this.name, 'min', min);
    checkBounds(this.name, min, max);
    lending.max = max;
    lending.min = min;
    while (slots.lasting > max && slots.idle.last !== undefined) disposer.close(slots.idle.last, 'shrunk');
    lending.pump();
  }

  /** Stops lending and connecting. Callers wait, and their deadlines go on. */
  pause(): void {
    if (this.#engine.lending.phase === 'open') this.#engine.lending.phase = 'paused';
  }

  resume(): void {
    const { lending } = this.#engine;
    if (lending.phase !== 'paused') return;
    lending.phase = 'open';
    lending.pump();
  }

  /** The pool at this instant. */
  stats(): PoolStats {
    return this.#engine.overview.stats();
  }

  /** Counters, gauges and histograms since the pool was made. */
  metrics(): PoolMetrics {
    return this.#engine.overview.metrics();
  }

  /** Listens to an event. A listener that throws is reported by `error`, and disturbs nothing. @returns stops listening */
  on<E extends PoolEventName>(event: E, listener: PoolListener<E>): () => void {
    return this.#engine.events.on(event, listener);
  }

  /**
   * Refuses new callers, rejects the waiting, waits `closeGraceMs` for leases, then ends those that are left.
   *
   * Never rejects; resolves when every connection is closed or given up. Every call answers with the same promise.
   */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      // Set before anybody hears of it: a listener may close the pool too.
      this.#closed = promise;
      void this.#close().then(resolve);
    }
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const engine = this.#engine;
    const { factory, lending, connector, maintainer, room, slots, clock, events, options } = engine;
    const startedAt = clock.now();
    lending.phase = 'closing';
    connector.stop();
    maintainer.stop();
    room.close(this.name);
    this.#retireAll('closed', undefined);
    for (const slot of slots.list())
      if (slot.state === CREATING) connector.abandon(slot, new Error('the pool is closed'));
    const drained = new Promise<void>((resolve) => {
      engine.onDrained = resolve;
    });
    const grace = clock.setTimer(() => clock.defer(() => this.#cutLeases()), options.closeGraceMs, true);
    // P20: whoever awaits the close gets its end, also after the grace.
    const awaited = clock.setTimer(() => {}, Infinity, true);
    if (slots.size > 0) await drained;
    grace.cancel();
    if (factory.close !== undefined) await this.#closeFactory(factory.close.bind(factory));
    awaited.cancel();
    lending.phase = 'closed';
    if (events.listening['pool:closed']) events.emit('pool:closed', { waitedMs: clock.now() - startedAt });
  }

  #closeFactory(close: () => void | Promise<void>): Promise<void> {
    const { clock, options, events } = this.#engine;
    return new Promise((resolve) => {
      bounded(clock, options.destroyTimeoutMs, close, (outcome) => {
        if (outcome.kind === 'failed') events.report('close', outcome.error);
        if (outcome.kind === 'overdue')
          events.report('close', new Error(`the factory took longer than ${options.destroyTimeoutMs} ms`));
        resolve();
      });
    });
  }

  #cutLeases(): void {
    const { slots, events } = this.#engine;
    const leasesOutstanding = slots.leased.length;
    const { oldestLeaseMs } = this.stats();
    this.#retireAll('closed', 'was ended: the pool is closed');
    if (leasesOutstanding > 0) {
      events.report('close', new CloseTimeoutError({ pool: this.name, leasesOutstanding, oldestLeaseMs }));
    }
  }

  /** @param cut when given, leases and connects end now, and the leases' borrowers are told this */
  #retireAll(reason: CloseReason, cut: string | undefined): void {
    const { slots, lending, connector, disposer } = this.#engine;
    const all = slots.list();
    // First: whoever hears of the one that is closed may ask for another.
    for (const slot of all) slots.retire(slot, reason);
    for (const slot of all) {
      this.#closeUnused(slot, reason);
      if (cut === undefined) continue;
      if (slot.state === LEASED) lending.cut(slot, reason, cut);
      else if (slot.state === RESETTING) disposer.close(slot, reason);
      else if (slot.state === CREATING) connector.abandon(slot, new Error(cut));
    }
  }

  #closeUnused(slot: Slot<C>, reason: CloseReason): void {
    if (slot.state === IDLE || slot.state === CHECKING) this.#engine.disposer.close(slot, reason);
  }

  #isOpen(slot: Slot<C>): boolean {
    return (
      slot.state === IDLE || slot.state === CHECKING || slot.state === LEASED || slot.state === RESETTING
    );
  }

  #infoOf(slot: Slot<C>): ConnectionInfo {
    const now = this.#engine.clock.now();
    const isLeased = slot.state === LEASED;
    const { id: connectionId, uses, createdAt, idleSince } = slot;
    return { connectionId, ageMs: now - createdAt, idleMs: isLeased ? 0 : now - idleSince, uses, isLeased };
  }
}
