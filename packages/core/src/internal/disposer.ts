// Owns the closing of connections: each exactly once, bounded, and counted until it is done.
// The slot has left its state before anybody hears of it: whoever is called from here may call the pool.

import type { Parts } from './parts.ts';
import type { CloseReason } from '../factory.ts';
import { bounded } from './bounded.ts';
import { CLOSING, type Slot } from './slot.ts';

export interface DisposerParts<C> extends Parts<C> {
  /** There may be room for another connection, or one fewer to serve the waiting. */
  readonly onRoom: () => void;
}

export class Disposer<C> {
  readonly #parts: DisposerParts<C>;

  constructor(parts: DisposerParts<C>) {
    this.#parts = parts;
  }

  /** Closes the slot's connection; the slot counts until that is done, or given up (P1). */
  close(slot: Slot<C>, reason: CloseReason, cause?: unknown): void {
    const { slots, onRoom } = this.#parts;
    const { connection } = slot;
    // Being closed already.
    if (connection === undefined) return;
    // A connection that arrived too late has no slot any more.
    const isCounted = slots.has(slot);
    if (isCounted) slots.move(slot, CLOSING);
    slot.connection = undefined;
    slot.lease = undefined;
    if (slot.operation !== undefined) slot.giveUp(new Error(`the connection is closed: ${reason}`));
    let isDone = false;
    this.#destroy(slot, connection, reason, () => {
      isDone = true;
      if (isCounted) slots.delete(slot);
      this.#closed(slot, reason, cause);
      if (isCounted) onRoom();
    });
    // There may be room for another one while this one takes its time.
    if (!isDone && isCounted) onRoom();
  }

  #destroy(slot: Slot<C>, connection: C, reason: CloseReason, done: () => void): void {
    const { factory, clock, options, events } = this.#parts;
    bounded(
      clock,
      options.destroyTimeoutMs,
      () => factory.destroy(connection, reason),
      (outcome) => {
        if (outcome.kind === 'failed') events.report('destroy', outcome.error);
        if (outcome.kind === 'overdue') {
          const overdue = new Error(
            `closing took longer than ${options.destroyTimeoutMs} ms, no longer counted`,
          );
          slot.giveUp(overdue);
          events.report('destroy', overdue);
        }
        done();
      },
      (late) => {
        if (late.kind === 'failed') events.report('destroy', late.error);
      },
    );
  }

  #closed(slot: Slot<C>, reason: CloseReason, cause: unknown): void {
    const { recorder, events, clock } = this.#parts;
    recorder.closed[reason]++;
    if (!events.listening['connection:closed']) return;
    const because = cause === undefined ? {} : { cause };
    events.emit('connection:closed', {
      connectionId: slot.id,
      reason,
      ageMs: clock.now() - slot.createdAt,
      ...because,
    });
  }
}
