// Owns the proof that an idle connection works: when it is needed, and what a failure says about the others.

import type { Parts } from './parts.ts';
import { bounded } from './bounded.ts';
import type { Disposer } from './disposer.ts';
import { CHECKING, type Slot } from './slot.ts';

export interface ValidatorParts<C> extends Parts<C> {
  readonly disposer: Disposer<C>;
  /** The connection works and is free. */
  readonly onValid: (slot: Slot<C>) => void;
}

export class Validator<C> {
  readonly #parts: ValidatorParts<C>;
  // What was proven no later than this may have died together with the connection that failed.
  #suspectUpTo = -Infinity;

  constructor(parts: ValidatorParts<C>) {
    this.#parts = parts;
  }

  /** Whether it may be lent at once. */
  isFresh(slot: Slot<C>, now: number): boolean {
    const { factory, options } = this.#parts;
    if (factory.validate === undefined) return true;
    const { validateAfterIdleMs } = options;
    return validateAfterIdleMs > 0 && now - slot.provenAt <= validateAfterIdleMs && !this.isSuspect(slot);
  }

  isSuspect(slot: Slot<C>): boolean {
    return slot.provenAt <= this.#suspectUpTo;
  }

  /** P14: after a pause of the whole process no idle connection is trusted. */
  suspectAll(): void {
    this.#suspectUpTo = this.#parts.clock.now();
  }

  check(slot: Slot<C>): void {
    const { factory, clock, options, slots, onValid } = this.#parts;
    slots.move(slot, CHECKING);
    slot.operation = bounded(
      clock,
      options.validateTimeoutMs,
      () => factory.validate!(slot.connection as C, slot.signal),
      (outcome) => {
        if (slot.state !== CHECKING) return;
        slot.operation = undefined;
        if (outcome.kind !== 'done')
          return this.#failed(slot, outcome.kind === 'failed' ? outcome.error : this.#overdue());
        slot.provenAt = clock.now();
        onValid(slot);
      },
    );
  }

  #failed(slot: Slot<C>, error: unknown): void {
    const { events, disposer } = this.#parts;
    this.#suspectUpTo = Math.max(this.#suspectUpTo, slot.provenAt);
    disposer.close(slot, 'invalid', error);
    slot.giveUp(new Error('validate failed', { cause: error }));
    events.report('validate', error);
  }

  #overdue(): Error {
    return new Error(`validate took longer than ${this.#parts.options.validateTimeoutMs} ms`);
  }
}
