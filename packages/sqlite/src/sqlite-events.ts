import type { PoolEventName, PoolEvents } from '@pool/core';
import type { Role } from './protocol.ts';

/** Core's events, with the pool they come from, and one of our own. */
export type SqlitePoolEvents = { [E in PoolEventName]: PoolEvents[E] & { readonly role: Role } } & {
  /** A lease ended with its transaction open: it was rolled back. */
  'transaction:abandoned': { readonly role: Role };
};

/** Counts and tells of transactions that ended with their lease. */
export class AbandonedTransactions {
  readonly #listeners = new Set<(payload: { readonly role: Role }) => void>();
  count = 0;

  listen(listener: (payload: { readonly role: Role }) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  add(role: Role): void {
    this.count++;
    for (const listener of this.#listeners) {
      try {
        listener({ role });
      } catch (error) {
        // A listener's mistake is neither the borrower's nor the pool's.
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}
