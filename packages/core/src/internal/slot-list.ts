import type { Slot } from './slot.ts';

/** A doubly linked list through the slots themselves: every operation but `insertByAge` is O(1) and allocates nothing. */
export class SlotList<C> {
  first: Slot<C> | undefined = undefined;
  last: Slot<C> | undefined = undefined;
  length = 0;

  pushFirst(slot: Slot<C>): void {
    slot.next = this.first;
    if (this.first === undefined) this.last = slot;
    else this.first.previous = slot;
    this.first = slot;
    this.length++;
  }

  pushLast(slot: Slot<C>): void {
    slot.previous = this.last;
    if (this.last === undefined) this.first = slot;
    else this.last.next = slot;
    this.last = slot;
    this.length++;
  }

  /** Keeps the list ordered by `idleSince`, latest first. Walks from the oldest: a slot back from keepalive is one of those. */
  insertByAge(slot: Slot<C>): void {
    let older: Slot<C> | undefined = undefined;
    let newer = this.last;
    while (newer !== undefined && newer.idleSince < slot.idleSince) {
      older = newer;
      newer = newer.previous;
    }
    if (newer === undefined) return this.pushFirst(slot);
    if (older === undefined) return this.pushLast(slot);
    slot.previous = newer;
    slot.next = older;
    newer.next = slot;
    older.previous = slot;
    this.length++;
  }

  remove(slot: Slot<C>): void {
    const { previous, next } = slot;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    slot.previous = undefined;
    slot.next = undefined;
    this.length--;
  }
}
