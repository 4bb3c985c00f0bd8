// Owns what happens to connections that nobody asks for: idle and aged ones are closed, quiet ones kept alive, old leases
// reported or reclaimed. One timer, which does not keep the process alive and runs only while there is a connection.

import type { Parts } from './parts.ts';
import type { Timer } from '../clock.ts';
import type { CloseReason } from '../factory.ts';
import { CHECKING, type Slot } from './slot.ts';
import type { Validator } from './validator.ts';

// P14: a sweep this late means that the whole process stood still: connections may have died unseen.
const THAW_MS = 1_000;
// Between two keepalives, when several connections are due.
const KEEPALIVE_SPACING_MS = 50;
// However short a lifetime jitter can make.
const LEAST_PAUSE_MS = 50;

export interface MaintainerParts<C> extends Parts<C> {
  readonly validator: Validator<C>;
  /** Connections that must stay open. May change at run time. */
  readonly min: () => number;
  readonly close: (slot: Slot<C>, reason: CloseReason) => void;
  readonly onOverdue: (slot: Slot<C>, heldMs: number, isReclaimed: boolean) => void;
}

export class Maintainer<C> {
  readonly #parts: MaintainerParts<C>;
  readonly #longestPauseMs: number;
  #timer: Timer | undefined = undefined;

  constructor(parts: MaintainerParts<C>) {
    this.#parts = parts;
    const {
      idleTimeoutMs,
      keepaliveIntervalMs,
      leakThresholdMs,
      maxLeaseMs,
      maxLifetimeMs,
      maxLifetimeJitter,
    } = parts.options;
    const leastLifetimeMs = maxLifetimeMs === Infinity ? Infinity : maxLifetimeMs * (1 - maxLifetimeJitter);
    // Whatever begins after a sweep is due no sooner than this, so nothing can become due unseen.
    this.#longestPauseMs = Math.min(
      idleTimeoutMs,
      keepaliveIntervalMs,
      leakThresholdMs,
      maxLeaseMs,
      Math.max(leastLifetimeMs, LEAST_PAUSE_MS),
    );
  }

  /** Called whenever a connection has been opened. */
  start(): void {
    if (this.#timer === undefined) this.#arm(this.#parts.clock.now());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(now: number): void {
    const dueAt = Math.min(now + this.#longestPauseMs, this.#nextDue(now));
    if (dueAt === Infinity) return;
    this.#timer = this.#parts.clock.setTimer(() => this.#sweep(dueAt), Math.max(1, dueAt - now), false);
  }

  #sweep(dueAt: number): void {
    const { clock, validator, slots } = this.#parts;
    this.#timer = undefined;
    const now = clock.now();
    if (now - dueAt > THAW_MS) validator.suspectAll();
    this.#closeIdle(now);
    this.#closeAged(now);
    this.#keepAlive(now);
    this.#watchLeases(now);
    if (slots.size > 0 && this.#timer === undefined) this.#arm(now);
  }

  /** Oldest first, and never below `min`. */
  #closeIdle(now: number): void {
    const { slots, options, min, close } = this.#parts;
    for (;;) {
      const oldest = slots.idle.last;
      if (oldest === undefined || now < oldest.idleSince + options.idleTimeoutMs || slots.lasting <= min())
        return;
      close(oldest, 'idle');
    }
  }

  #closeAged(now: number): void {
    for (const slot of this.#idle()) if (slot.expiresAt <= now) this.#parts.close(slot, 'lifetime');
  }

  /** One at a time, so that keeping connections alive does not take them from callers. */
  #keepAlive(now: number): void {
    const { factory, slots, validator, options } = this.#parts;
    if (factory.validate === undefined || slots.count(CHECKING) > 0) return;
    const quiet = this.#idle().find((slot) => now >= slot.provenAt + options.keepaliveIntervalMs);
    if (quiet !== undefined) validator.check(quiet);
  }

  #watchLeases(now: number): void {
    const { slots, options, onOverdue } = this.#parts;
    const thresholdMs = Math.min(options.leakThresholdMs, options.maxLeaseMs);
    const overdue: { slot: Slot<C>; lease: unknown }[] = [];
    for (
      let slot = slots.leased.first;
      slot !== undefined && now >= slot.leasedAt + thresholdMs;
      slot = slot.next
    ) {
      overdue.push({ slot, lease: slot.lease });
    }
    for (const { slot, lease } of overdue) {
      // Whoever was told of one may have ended another.
      if (slot.lease !== lease) continue;
      const heldMs = now - slot.leasedAt;
      if (heldMs >= options.maxLeaseMs) onOverdue(slot, heldMs, true);
      else if (!slot.isReportedOverdue) onOverdue(slot, heldMs, false);
    }
  }

  /** When the next of what exists now is due. */
  #nextDue(now: number): number {
    const { slots, options } = this.#parts;
    let due = this.#nextIdleDue(now);
    for (let slot = slots.leased.first; slot !== undefined; slot = slot.next) {
      due = Math.min(due, slot.leasedAt + options.maxLeaseMs);
      if (slot.isReportedOverdue) continue;
      return Math.min(due, slot.leasedAt + options.leakThresholdMs);
    }
    return due;
  }

  #nextIdleDue(now: number): number {
    const { slots, options, factory, min } = this.#parts;
    let due = Infinity;
    for (const slot of slots.list()) if (slot.expiresAt > now) due = Math.min(due, slot.expiresAt);
    const isSpare = slots.lasting > min();
    for (const slot of this.#idle()) {
      if (isSpare) due = Math.min(due, slot.idleSince + options.idleTimeoutMs);
      if (factory.validate === undefined) continue;
      due = Math.min(due, Math.max(slot.provenAt + options.keepaliveIntervalMs, now + KEEPALIVE_SPACING_MS));
    }
    return due;
  }

  #idle(): Slot<C>[] {
    const idle: Slot<C>[] = [];
    for (let slot = this.#parts.slots.idle.first; slot !== undefined; slot = slot.next) idle.push(slot);
    return idle;
  }
}
