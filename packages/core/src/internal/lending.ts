// Owns who gets which connection: the path from acquire to lease and from release to the next borrower.
// Decides when a connection is wanted; the connector, the validator and the disposer do the rest.

import type { Parts } from './parts.ts';
import type { Clock } from '../clock.ts';
import type { CloseReason, Factory } from '../factory.ts';
import { Lease, type LeaseEnd, type LeaseOwner } from '../lease.ts';
import type { LeaseEndedError } from '../errors.ts';
import type { PoolPhase } from '../stats.ts';
import { bounded } from './bounded.ts';
import type { Connector } from './connector.ts';
import type { Disposer } from './disposer.ts';
import type { EventHub } from './event-hub.ts';
import type { Misuse } from './misuse.ts';
import type { Recorder } from './recorder.ts';
import { CLOSING, CREATING, IDLE, LEASED, RESETTING, type Slot } from './slot.ts';
import type { Slots } from './slots.ts';
import type { Sites } from './sites.ts';
import type { Validator } from './validator.ts';
import type { WaitingRoom } from './waiting-room.ts';

// A connection that dies unused within this counts as a failed connect.
const STILLBORN_MS = 1_000;

export interface LendingParts<C> extends Parts<C> {
  readonly sites: Sites;
  readonly misuse: Misuse;
  readonly disposer: Disposer<C>;
  readonly connector: Connector<C>;
  readonly validator: Validator<C>;
  readonly room: WaitingRoom<C>;
}

export class Lending<C> implements LeaseOwner<C> {
  readonly #parts: LendingParts<C>;
  readonly #slots: Slots<C>;
  readonly #clock: Clock;
  readonly #factory: Factory<C>;
  readonly #recorder: Recorder;
  readonly #events: EventHub;
  readonly #room: WaitingRoom<C>;
  #nextLeaseId = 1;
  #isPumping = false;
  #mustPumpAgain = false;
  /** `min` counts from the first acquire on. */
  #isStarted = false;
  phase: PoolPhase = 'open';
  max: number;
  min: number;

  constructor(parts: LendingParts<C>) {
    this.#parts = parts;
    this.#slots = parts.slots;
    this.#clock = parts.clock;
    this.#factory = parts.factory;
    this.#recorder = parts.recorder;
    this.#events = parts.events;
    this.#room = parts.room;
    this.max = parts.options.max;
    this.min = parts.options.min;
  }

  turnNow(): number {
    return this.#clock.turnNow();
  }

  /** P2: an idle sound connection is lent in the same tick; undefined when there is none, or others wait already (P3). */
  tryLend(label: string | undefined, site: object | undefined): Lease<C> | undefined {
    if (this.phase !== 'open' || this.#room.length > 0) return undefined;
    const now = this.#clock.turnNow();
    const slot = this.#takeFresh(now);
    return slot === undefined ? undefined : this.#lend(slot, now, 0, label, site);
  }

  /** Lends a free connection to the first waiter, or keeps it. */
  offer(slot: Slot<C>): void {
    const now = this.#clock.now();
    const reason = this.#unfit(slot, now);
    if (reason === undefined) this.#handOff(slot, now);
    else if (reason === 'lost') this.#lostUnused(slot, slot.lostCause);
    else this.#parts.disposer.close(slot, reason);
  }

  release(lease: Lease<C>, slot: Slot<C>): void {
    const now = this.#clock.turnNow();
    this.#endLease(lease, slot, now);
    if (slot.state === CLOSING) return;
    const reason = slot.uses >= this.#parts.options.maxUses ? 'uses' : this.#unfit(slot, now);
    if (reason !== undefined) return this.#parts.disposer.close(slot, reason);
    slot.idleSince = slot.provenAt = now;
    if (this.#factory.reset === undefined) this.#handOff(slot, now);
    else this.#reset(slot, now);
  }

  destroy(lease: Lease<C>, slot: Slot<C>, cause: unknown): void {
    this.#endLease(lease, slot, this.#clock.turnNow());
    this.#parts.disposer.close(slot, 'invalid', cause);
  }

  misused(
    lease: Lease<C>,
    end: LeaseEnd | undefined,
    verb: 'released' | 'destroyed' | 'used',
  ): LeaseEndedError {
    return this.#parts.misuse.note(lease, end, verb);
  }

  /** Ends a lease against its borrower's will and closes the connection. */
  cut(slot: Slot<C>, reason: CloseReason, description: string, cause?: unknown): void {
    const { lease } = slot;
    if (lease === undefined) return this.#slots.retire(slot, reason);
    lease.noteEnd({ by: 'pool', description, cause, acquiredAt: slot.site });
    slot.site = undefined;
    this.#endLease(lease, slot, this.#clock.now());
    this.#parts.disposer.close(slot, reason, cause);
    slot.giveUp(new Error(description, cause === undefined ? undefined : { cause }));
  }

  /** P11: one path for a death reported by the driver, whatever the connection is doing. */
  lost(slot: Slot<C>, cause: unknown): void {
    slot.lostCause = cause;
    this.#slots.retire(slot, 'lost');
    if (slot.state === LEASED) this.cut(slot, 'lost', 'was ended: the connection was lost', cause);
    else if (slot.state !== CREATING && slot.state !== CLOSING) this.#lostUnused(slot, cause);
  }

  #lostUnused(slot: Slot<C>, cause: unknown): void {
    const { connector, disposer } = this.#parts;
    const isStillborn = slot.uses === 0 && this.#clock.now() - slot.createdAt < STILLBORN_MS;
    // First: closing it calls for the next.
    if (isStillborn)
      connector.stillborn(cause ?? new Error('the connection was lost right after it was opened'));
    disposer.close(slot, 'lost', cause);
  }

  /** Starts what waiting callers and `min` call for, and nothing more (P4). */
  pump(extra = 0): void {
    // Nothing to lend, and no room to connect: the usual state of a busy pool.
    if (this.#slots.idle.length === 0 && this.#slots.size >= this.max) return;
    if (this.#isPumping) {
      this.#mustPumpAgain = true;
      return;
    }
    this.#isPumping = true;
    do {
      this.#mustPumpAgain = false;
      if (this.phase === 'open') this.#supply(extra);
    } while (this.#mustPumpAgain);
    this.#isPumping = false;
  }

  start(): void {
    this.#isStarted = true;
  }

  #supply(extra: number): void {
    const { connector, validator } = this.#parts;
    this.#serveIdle();
    // P12: with the breaker open nobody waits, and the pool itself asks for the probe.
    const probe = connector.isBroken && this.#room.length + extra === 0 ? 1 : 0;
    let missing = this.#room.length + extra - this.#slots.upcoming;
    // A suspect one would cost the caller a whole validate timeout: a new connection is the better bet.
    missing -= this.#check(missing, (slot) => !validator.isSuspect(slot));
    const floor = this.#isStarted ? this.min : 0;
    while ((missing + probe > 0 || this.#slots.lasting < floor) && this.#mayConnect()) {
      connector.start();
      missing--;
    }
    this.#check(missing, () => true);
  }

  #mayConnect(): boolean {
    return this.phase === 'open' && this.#slots.size < this.max && this.#parts.connector.mayStart;
  }

  /** After a pause, waiters and idle connections can be there at once. */
  #serveIdle(): void {
    while (this.#room.length > 0 && this.phase === 'open') {
      const now = this.#clock.now();
      const slot = this.#takeFresh(now);
      if (slot === undefined) return;
      this.#handOff(slot, now);
    }
  }

  /** @returns how many checks were started */
  #check(wanted: number, isWorthIt: (slot: Slot<C>) => boolean): number {
    let started = 0;
    if (this.#factory.validate === undefined) return started;
    while (started < wanted) {
      const slot = this.#slots.idle.first;
      if (slot === undefined || !isWorthIt(slot)) break;
      if (slot.retireAs !== undefined) {
        // A listener asks for a connection before this one is closed.
        this.#parts.disposer.close(slot, slot.retireAs);
        continue;
      }
      this.#parts.validator.check(slot);
      started++;
    }
    return started;
  }

  /** The most recently used idle connection, if it may be lent without a round trip. Closes unfit ones on the way. */
  #takeFresh(now: number): Slot<C> | undefined {
    for (;;) {
      const slot = this.#slots.idle.first;
      if (slot === undefined) return undefined;
      const reason = this.#unfit(slot, now);
      if (reason === undefined) return this.#parts.validator.isFresh(slot, now) ? slot : undefined;
      this.#parts.disposer.close(slot, reason);
    }
  }

  #unfit(slot: Slot<C>, now: number): CloseReason | undefined {
    if (slot.retireAs !== undefined) return slot.retireAs;
    if (slot.expiresAt <= now) return 'lifetime';
    if (this.#factory.isBroken !== undefined && this.#isBroken(slot)) return 'lost';
    // Closing ones leave by themselves: those that stay must not exceed `max`.
    return this.#slots.size > this.max && this.#slots.lasting > this.max ? 'shrunk' : undefined;
  }

  #isBroken(slot: Slot<C>): boolean {
    try {
      // The driver may report the death while it is asked.
      return this.#factory.isBroken!(slot.connection as C) || slot.retireAs !== undefined;
    } catch (error) {
      this.#events.report('isBroken', error);
      return true;
    }
  }

  #handOff(slot: Slot<C>, now: number): void {
    if (this.#room.length > 0 && this.phase === 'open') {
      const waiter = this.#room.takeFirst();
      waiter.resolve(this.#lend(slot, now, now - waiter.since, waiter.label, waiter.site));
    } else if (slot.state !== IDLE) {
      this.#slots.move(slot, IDLE);
    }
  }

  #lend(
    slot: Slot<C>,
    now: number,
    waitMs: number,
    label: string | undefined,
    site: object | undefined,
  ): Lease<C> {
    this.#slots.move(slot, LEASED);
    const lease = new Lease(this.#nextLeaseId++, this, slot);
    slot.lease = lease;
    slot.leasedAt = now;
    slot.label = label;
    slot.site = site;
    slot.isReportedOverdue = false;
    slot.uses++;
    this.#recorder.waitMs.record(waitMs);
    if (this.#events.listening['lease:acquired']) {
      const labelled = label === undefined ? {} : { label };
      this.#events.emit('lease:acquired', { leaseId: lease.id, connectionId: slot.id, waitMs, ...labelled });
    }
    return lease;
  }

  #endLease(lease: Lease<C>, slot: Slot<C>, now: number): void {
    const useMs = Math.max(0, now - slot.leasedAt);
    // The place of the end is worth its cost only where that of the acquire is known too.
    if (slot.site !== undefined) this.#parts.misuse.noteEnd(lease, slot.site);
    slot.lease = undefined;
    slot.lastSite = slot.site;
    slot.site = undefined;
    this.#recorder.useMs.record(useMs);
    if (this.#events.listening['lease:released']) {
      // Nobody's while the listeners run: they may clear or close the pool.
      this.#slots.move(slot, RESETTING);
      const labelled = slot.label === undefined ? {} : { label: slot.label };
      this.#events.emit('lease:released', { leaseId: lease.id, connectionId: slot.id, useMs, ...labelled });
    }
  }

  /** P10: same-tick when the session is clean; a round trip is bounded, and nobody's to wait for but the next borrower's. */
  #reset(slot: Slot<C>, now: number): void {
    const { clock, options } = this.#parts;
    if (slot.state !== RESETTING) this.#slots.move(slot, RESETTING);
    let pending: void | Promise<void>;
    try {
      pending = this.#factory.reset!(slot.connection as C, slot.signal);
    } catch (error) {
      return this.#resetFailed(slot, error);
    }
    // The driver may have reported it dead meanwhile.
    if (slot.state !== RESETTING) return;
    if (pending === undefined) return this.#handOff(slot, now);
    slot.operation = bounded(
      clock,
      options.resetTimeoutMs,
      () => pending,
      (outcome) => {
        if (slot.state !== RESETTING) return;
        slot.operation = undefined;
        if (outcome.kind !== 'done')
          return this.#resetFailed(slot, outcome.kind === 'failed' ? outcome.error : this.#resetOverdue());
        slot.provenAt = clock.now();
        this.offer(slot);
      },
    );
  }

  #resetOverdue(): Error {
    return new Error(`reset took longer than ${this.#parts.options.resetTimeoutMs} ms`);
  }

  #resetFailed(slot: Slot<C>, error: unknown): void {
    this.#parts.disposer.close(slot, 'reset', error);
    slot.giveUp(new Error('reset failed', { cause: error }));
    this.#events.report('reset', error);
  }
}
