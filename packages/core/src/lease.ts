import type { LeaseEndedError } from './errors.ts';
import type { Slot } from './internal/slot.ts';

/** What a lease asks of the pool that lent it. Internal. */
export interface LeaseOwner<C> {
  turnNow(): number;
  release(lease: Lease<C>, slot: Slot<C>): void;
  destroy(lease: Lease<C>, slot: Slot<C>, cause: unknown): void;
  /** The lease had ended already: counts and reports it, and says how it ended. */
  misused(
    lease: Lease<C>,
    end: LeaseEnd | undefined,
    verb: 'released' | 'destroyed' | 'used',
  ): LeaseEndedError;
}

/** How a lease ended, as far as it is known: by its borrower, whose place is sampled, or by the pool. */
export interface LeaseEnd {
  by: 'borrower' | 'pool';
  readonly description: string;
  readonly cause?: unknown;
  readonly acquiredAt?: object | undefined;
  readonly endedAt?: object | undefined;
  /** A misuse after this end has been reported. */
  isReported?: boolean;
}

/**
 * A borrowed connection and the right to give it back, once.
 *
 * A fresh object for each acquire: a late or second `release()` can never end the lease of whoever has the connection by then.
 */
export class Lease<C> {
  /** Unique within the pool. */
  readonly id: number;
  readonly #owner: LeaseOwner<C>;
  readonly #slot: Slot<C>;
  #end: LeaseEnd | undefined;

  constructor(id: number, owner: LeaseOwner<C>, slot: Slot<C>) {
    this.id = id;
    this.#owner = owner;
    this.#slot = slot;
  }

  /**
   * The driver's own connection. Do not keep it beyond the lease: the pool cannot take it out of your hands.
   *
   * @throws {LeaseEndedError} the lease has ended
   */
  get connection(): C {
    if (this.#slot.lease !== this) throw this.#owner.misused(this, this.#end, 'used');
    return this.#slot.connection!;
  }

  /** Milliseconds since the acquire, as of this turn of the event loop; 0 once ended. */
  get age(): number {
    return this.#slot.lease === this ? this.#owner.turnNow() - this.#slot.leasedAt : 0;
  }

  /** How often the connection has been lent, this lease included; 0 once ended. */
  get uses(): number {
    return this.#slot.lease === this ? this.#slot.uses : 0;
  }

  /** Whether the connection was given back, or taken away by the pool. */
  get isEnded(): boolean {
    return this.#slot.lease !== this;
  }

  /** Gives the connection back. Never throws; a second call does nothing but to be counted and reported. */
  release(): void {
    if (this.#slot.lease === this) this.#owner.release(this, this.#slot);
    else this.#endAgain('released');
  }

  /** Gives the connection back to be closed: it is not fit for another borrower. A second call does nothing. */
  destroy(cause?: unknown): void {
    if (this.#slot.lease === this) this.#owner.destroy(this, this.#slot, cause);
    else this.#endAgain('destroyed');
  }

  /** As `release()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#slot.lease === this || this.#end?.by === 'pool') this.release();
  }

  /** Internal: remembers how the lease ended, for the report of what is done with it later. */
  noteEnd(end: LeaseEnd): void {
    this.#end = end;
  }

  #endAgain(verb: 'released' | 'destroyed'): void {
    // The pool ended it first: then this is the borrower's own end of it, and right.
    if (this.#end?.by === 'pool') this.#end.by = 'borrower';
    else this.#owner.misused(this, this.#end, verb);
  }
}
