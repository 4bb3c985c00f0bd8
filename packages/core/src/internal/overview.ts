// Owns what is told of the pool: the figures, and what they mean when it is exhausted.

import type { Clock } from '../clock.ts';
import { diagnose, type Diagnosis, type DiagnosisInput } from '../diagnosis.ts';
import type { AcquirePhase } from '../errors.ts';
import type { Factory, Outage } from '../factory.ts';
import type { Lease } from '../lease.ts';
import type { ResolvedOptions } from '../options.ts';
import type { PoolMetrics, PoolPhase, PoolStats } from '../stats.ts';
import type { ConnectFailure } from './backoff.ts';
import { errorCode } from './error-code.ts';
import type { EventHub } from './event-hub.ts';
import type { Recorder } from './recorder.ts';
import { firstFrame } from './sites.ts';
import { CHECKING, CLOSING, CREATING, IDLE, LEASED, RESETTING } from './slot.ts';
import type { Slots } from './slots.ts';

/** What the overview asks of the rest at the moment of reading. */
export interface Situation {
  readonly phase: PoolPhase;
  readonly max: number;
  readonly min: number;
  readonly waiting: number;
  readonly generation: number;
  readonly failure: ConnectFailure | undefined;
}

export class Overview<C> {
  readonly #factory: Factory<C>;
  readonly #clock: Clock;
  readonly #options: ResolvedOptions;
  readonly #slots: Slots<C>;
  readonly #recorder: Recorder;
  readonly #events: EventHub;
  readonly #situation: () => Situation;

  constructor(parts: {
    factory: Factory<C>;
    clock: Clock;
    options: ResolvedOptions;
    slots: Slots<C>;
    recorder: Recorder;
    events: EventHub;
    situation: () => Situation;
  }) {
    this.#factory = parts.factory;
    this.#clock = parts.clock;
    this.#options = parts.options;
    this.#slots = parts.slots;
    this.#recorder = parts.recorder;
    this.#events = parts.events;
    this.#situation = parts.situation;
  }

  stats(): PoolStats {
    const { failure, ...situation } = this.#situation();
    const now = this.#clock.now();
    const slots = this.#slots;
    const stats: PoolStats = {
      name: this.#options.name,
      ...situation,
      size: slots.size,
      creating: slots.count(CREATING),
      idle: slots.count(IDLE),
      checking: slots.count(CHECKING),
      leased: slots.count(LEASED),
      resetting: slots.count(RESETTING),
      closing: slots.count(CLOSING),
      oldestLeaseMs: slots.leased.first === undefined ? 0 : now - slots.leased.first.leasedAt,
    };
    if (failure === undefined) return stats;
    const { error, attempts, since } = failure;
    return { ...stats, connectFailure: { code: errorCode(error), attempts, forMs: now - since } };
  }

  metrics(): PoolMetrics {
    const recorder = this.#recorder;
    return {
      counters: recorder.counters(this.#events.backgroundErrors),
      gauges: this.stats(),
      waitMs: recorder.waitMs.snapshot(),
      useMs: recorder.useMs.snapshot(),
      createMs: recorder.createMs.snapshot(),
    };
  }

  /** The driver's error of the last connect, while connecting fails, or what it says of an outage it knows of. */
  get connectError(): unknown {
    return this.#outage()?.error ?? this.#situation().failure?.error;
  }

  diagnosis(stats: PoolStats): Diagnosis {
    const now = this.#clock.now();
    const oldest = this.#slots.leased.first;
    const labelled = oldest?.label === undefined ? {} : { label: oldest.label };
    const frame = firstFrame(oldest?.site);
    return diagnose({
      max: stats.max,
      leased: stats.leased,
      leakThresholdMs: this.#options.leakThresholdMs,
      oldest:
        oldest === undefined
          ? undefined
          : { heldMs: now - oldest.leasedAt, ...labelled, ...(frame === undefined ? {} : { site: frame }) },
      connectFailure: stats.connectFailure,
      outage: this.#described(this.#outage()),
      ...this.#recorder.load(now),
    });
  }

  #outage(): Outage | undefined {
    try {
      return this.#factory.outage?.();
    } catch (error) {
      this.#events.report('outage', error);
      return undefined;
    }
  }

  #described(outage: Outage | undefined): DiagnosisInput['outage'] {
    if (outage === undefined) return undefined;
    const { what, forMs, error } = outage;
    return error === undefined ? { what, forMs } : { what, forMs, code: errorCode(error) };
  }

  /** By whom, or where, a lease that goes on was acquired. */
  describeLease(lease: Lease<C>): string {
    let slot = this.#slots.leased.first;
    while (slot !== undefined && slot.lease !== lease) slot = slot.next;
    const by = slot?.label === undefined ? '' : `by "${slot.label}" `;
    return `${by}${firstFrame(slot?.site) ?? 'at a place that was not sampled'}`;
  }

  /** What the pool was doing for the caller that waits longest. */
  acquirePhase(stats: PoolStats): AcquirePhase {
    const upcoming = stats.checking + stats.resetting + stats.creating;
    if (stats.phase === 'paused' || (upcoming === 0 && stats.size >= stats.max)) return 'queue';
    if (stats.waiting > upcoming && stats.leased > 0 && this.#situation().failure === undefined)
      return 'queue';
    if (stats.checking > 0) return 'validate';
    return stats.resetting > 0 ? 'reset' : 'create';
  }
}
