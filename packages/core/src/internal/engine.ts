// Puts the parts together, and holds what concerns several of them.

import type { Clock } from '../clock.ts';
import type { Factory } from '../factory.ts';
import type { ResolvedOptions } from '../options.ts';
import { Admission } from './admission.ts';
import { Connector } from './connector.ts';
import { Disposer } from './disposer.ts';
import { EventHub } from './event-hub.ts';
import { Lending } from './lending.ts';
import { Maintainer } from './maintainer.ts';
import { Misuse } from './misuse.ts';
import { Nesting } from './nesting.ts';
import { Overview, type Situation } from './overview.ts';
import { Recorder } from './recorder.ts';
import { formatSite, Sites } from './sites.ts';
import type { Slot } from './slot.ts';
import { Slots } from './slots.ts';
import { Validator } from './validator.ts';
import { WaitingRoom } from './waiting-room.ts';

export class Engine<C> {
  readonly factory: Factory<C>;
  readonly options: ResolvedOptions;
  readonly clock: Clock;
  readonly slots: Slots<C> = new Slots<C>();
  readonly events: EventHub;
  readonly recorder: Recorder = new Recorder();
  readonly sites: Sites;
  readonly overview: Overview<C>;
  readonly room: WaitingRoom<C>;
  readonly disposer: Disposer<C>;
  readonly connector: Connector<C>;
  readonly validator: Validator<C>;
  readonly lending: Lending<C>;
  readonly maintainer: Maintainer<C>;
  readonly nesting: Nesting<C> | undefined;
  readonly admission: Admission<C>;
  generation = 0;
  /** Called when a slot has become free, once the pool is closing. */
  onDrained: (() => void) | undefined = undefined;

  constructor(factory: Factory<C>, options: ResolvedOptions, clock: Clock) {
    this.factory = factory;
    this.options = options;
    this.clock = clock;
    this.sites = new Sites(clock);
    this.events = new EventHub(options.name);
    const { slots, events, recorder, sites } = this;
    const shared = { factory, clock, options, slots, events, recorder, sites };
    this.overview = new Overview({ ...shared, situation: () => this.#situation() });
    this.room = new WaitingRoom({ ...shared, overview: this.overview });
    this.disposer = new Disposer({ ...shared, onRoom: () => this.#onRoom() });
    const { disposer, room, overview } = this;
    this.validator = new Validator({ ...shared, disposer, onValid: (slot) => this.lending.offer(slot) });
    this.connector = new Connector({
      ...shared,
      disposer,
      onOpened: (slot) => this.#onOpened(slot),
      onFailed: (startedAt) => this.#onFailed(startedAt),
      onLost: (slot, cause) => this.lending.lost(slot, cause),
      onRetry: () => this.lending.pump(),
      onSlow: () => this.lending.pump(),
      onRoom: () => this.#onRoom(),
    });
    const { validator, connector } = this;
    const misuse = new Misuse(options.name, events, recorder);
    this.lending = new Lending({ ...shared, misuse, disposer, connector, validator, room });
    const { lending } = this;
    this.maintainer = new Maintainer({
      ...shared,
      validator,
      min: () => lending.min,
      close: (slot, reason) => disposer.close(slot, reason),
      onOverdue: (slot, heldMs, isReclaimed) => this.#onOverdue(slot, heldMs, isReclaimed),
    });
    this.nesting = options.detectNestedAcquire ? new Nesting() : undefined;
    this.admission = new Admission({ ...shared, connector, lending, room, overview, nesting: this.nesting });
  }

  #situation(): Situation {
    const { phase, max, min } = this.lending;
    return {
      phase,
      max,
      min,
      waiting: this.room.length,
      generation: this.generation,
      failure: this.connector.failure,
    };
  }

  #onOpened(slot: Slot<C>): void {
    this.lending.offer(slot);
    this.maintainer.start();
    // One more may start, of those that waited for `maxConnecting`.
    this.lending.pump();
  }

  /** P12: whoever came after an attempt had begun waits for the next one. */
  #onFailed(startedAt: number): void {
    const failure = this.connector.failure!;
    if (failure.kind === 'unavailable' && this.slots.living === 0)
      this.room.rejectAll('connect', () => this.admission.connectError(failure), startedAt);
    this.#onRoom();
  }

  #onRoom(): void {
    const { failure, isBroken } = this.connector;
    if (isBroken && this.slots.living === 0)
      this.room.rejectAll('connect', () => this.admission.connectError(failure!));
    this.lending.pump();
    if (this.slots.size === 0) this.onDrained?.();
  }

  /** P18. */
  #onOverdue(slot: Slot<C>, heldMs: number, isReclaimed: boolean): void {
    const { events, recorder, lending } = this;
    if (!slot.isReportedOverdue) recorder.overdue++;
    slot.isReportedOverdue = true;
    const labelled = slot.label === undefined ? {} : { label: slot.label };
    const site = formatSite(slot.site);
    if (site === undefined) this.sites.hunt();
    const placed = site === undefined ? {} : { acquiredAt: site };
    const overdue = {
      leaseId: slot.lease!.id,
      connectionId: slot.id,
      heldMs,
      reclaimed: isReclaimed,
      ...labelled,
      ...placed,
    };
    if (isReclaimed) lending.cut(slot, 'overdue', `was ended by the pool after ${Math.round(heldMs)} ms`);
    if (events.listening['lease:overdue']) events.emit('lease:overdue', overdue);
    else
      events.warn(
        'lease:overdue',
        `a lease is ${Math.round(heldMs)} ms old${site === undefined ? '' : `, acquired\n${site}\n`}`,
      );
  }
}
