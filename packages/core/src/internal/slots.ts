// Owns which connections exist and in which state each is. Pure and synchronous; knows no factory, time or waiter.

import { invariant } from './invariant.ts';
import {
  CHECKING,
  CLOSING,
  CREATING,
  IDLE,
  LEASED,
  RESETTING,
  STATE_COUNT,
  Slot,
  type SlotState,
} from './slot.ts';
import { SlotList } from './slot-list.ts';

export class Slots<C> {
  /** Lent next first: most recently used first. */
  readonly idle: SlotList<C> = new SlotList();
  /** Oldest lease first. */
  readonly leased: SlotList<C> = new SlotList();
  readonly #all = new Set<Slot<C>>();
  /** Being created, but to be closed on arrival: no use to a waiter. */
  retiredCreating = 0;
  /** Of the others, those that have been under way for so long that nobody counts on them. */
  #slowCreating = 0;

  readonly #counts = new Int32Array(STATE_COUNT);
  #nextId = 1;

  get size(): number {
    return this.#all.size;
  }

  has(slot: Slot<C>): boolean {
    return this.#all.has(slot);
  }

  /** A copy, so that slots may change while it is walked. */
  list(): Slot<C>[] {
    return [...this.#all];
  }

  count(state: SlotState): number {
    return this.#counts[state]!;
  }

  /** Connections that are open, or being opened, and not about to be closed. */
  get lasting(): number {
    return this.size - this.count(CLOSING) - this.retiredCreating;
  }

  /** Connections that become free by themselves, without anybody's release, and soon. */
  get upcoming(): number {
    const coming = this.count(CREATING) - this.retiredCreating - this.#slowCreating;
    return coming + this.count(CHECKING) + this.count(RESETTING);
  }

  /** Open connections that serve, or can serve, a borrower. */
  get living(): number {
    return this.count(IDLE) + this.count(CHECKING) + this.count(LEASED) + this.count(RESETTING);
  }

  add(): Slot<C> {
    const slot = new Slot<C>(this.#nextId++);
    this.#all.add(slot);
    this.#counts[CREATING]!++;
    return slot;
  }

  /** Moves the slot to another state, and out of and into the lists. */
  move(slot: Slot<C>, state: SlotState): void {
    const from = slot.state;
    if (from === IDLE) this.idle.remove(slot);
    else if (from === LEASED) this.leased.remove(slot);
    else if (from === CREATING) this.#leaveCreating(slot);
    this.#counts[from]!--;
    this.#counts[state]!++;
    slot.state = state;
    if (state === LEASED) this.leased.pushLast(slot);
    else if (state === IDLE) this.#insertIdle(slot, from);
  }

  delete(slot: Slot<C>): void {
    invariant(
      slot.state === CREATING || slot.state === CLOSING,
      'only a slot without an open connection is deleted',
    );
    if (slot.state === CREATING) this.#leaveCreating(slot);
    this.#counts[slot.state]!--;
    this.#all.delete(slot);
    // A driver may yet report its death, and must not find it being opened.
    slot.state = CLOSING;
  }

  /** Marks the slot to be closed when nobody uses it. The first reason stands. */
  retire(slot: Slot<C>, reason: NonNullable<Slot<C>['retireAs']>): void {
    if (slot.retireAs !== undefined) return;
    slot.retireAs = reason;
    if (slot.state !== CREATING) return;
    this.retiredCreating++;
    if (slot.isSlow) this.#slowCreating--;
  }

  /** Its create goes on, and is not counted on. */
  markSlow(slot: Slot<C>): void {
    slot.isSlow = true;
    if (slot.retireAs === undefined) this.#slowCreating++;
  }

  #leaveCreating(slot: Slot<C>): void {
    if (slot.retireAs !== undefined) this.retiredCreating--;
    else if (slot.isSlow) this.#slowCreating--;
  }

  #insertIdle(slot: Slot<C>, from: SlotState): void {
    const { first } = this.idle;
    // P16: back from keepalive it takes its old place, also among those of the same moment.
    const isLatest = from !== CHECKING && (first === undefined || first.idleSince <= slot.idleSince);
    if (isLatest) this.idle.pushFirst(slot);
    else this.idle.insertByAge(slot);
  }
}
