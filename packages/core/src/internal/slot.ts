import type { Timer } from '../clock.ts';
import type { CloseReason } from '../factory.ts';
import type { Lease } from '../lease.ts';

/** Every slot is in exactly one of these (P1). Numbers, because they index the counts. */
export const CREATING = 0;
export const IDLE = 1;
export const CHECKING = 2;
export const LEASED = 3;
export const RESETTING = 4;
export const CLOSING = 5;
export const STATE_COUNT = 6;

export type SlotState =
  | typeof CREATING
  | typeof IDLE
  | typeof CHECKING
  | typeof LEASED
  | typeof RESETTING
  | typeof CLOSING;

/** The pool's record around one connection, from the start of its create to the end of its destroy. */
export class Slot<C> {
  readonly id: number;
  state: SlotState = CREATING;
  connection: C | undefined = undefined;
  /** Set when the slot is to be closed at the next moment at which nobody uses it. */
  retireAs: CloseReason | undefined = undefined;

  /** What the driver said when it reported the connection dead. */
  lostCause: unknown = undefined;
  /** Its create has been under way for so long that nobody counts on it. */
  isSlow = false;
  /** Runs until it is slow. */
  patience: Timer | undefined = undefined;
  /** Runs while the slot of a given-up create still counts. */
  abandonment: Timer | undefined = undefined;

  createdAt = 0;
  expiresAt: number = Infinity;
  /** Since when unused. */
  idleSince = 0;
  /** When it was last known to work: used, or validated. */
  provenAt = 0;
  uses = 0;

  // Of the current lease; a lease is current while `lease` is that very object.
  lease: Lease<C> | undefined = undefined;
  leasedAt = 0;
  label: string | undefined = undefined;
  site: object | undefined = undefined;
  /** Of the lease that ended last. */
  lastSite: object | undefined = undefined;
  isReportedOverdue = false;

  // Links of the one list, idle or leased, that holds it.
  previous: Slot<C> | undefined = undefined;
  next: Slot<C> | undefined = undefined;

  /** The deadline of the call of the factory that is under way. */
  operation: Timer | undefined = undefined;
  #abort: AbortController | undefined = undefined;

  constructor(id: number) {
    this.id = id;
  }

  /** One signal for the connection's whole life: it aborts when the pool gives the connection up. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** Tells the factory to stop what it is doing with the connection, and waits for it no longer. */
  giveUp(reason: Error): void {
    this.operation?.cancel();
    this.operation = undefined;
    this.#abort?.abort(reason);
  }
}
