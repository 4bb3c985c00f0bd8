// Owns who waits while holding: only with `detectNestedAcquire`, and only for work run by `use`, whose callers it can follow.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Lease } from '../lease.ts';

interface Holder<C> {
  readonly lease: Lease<C>;
  readonly outer: Holder<C> | undefined;
}

export class Nesting<C> {
  readonly #storage = new AsyncLocalStorage<Holder<C>>();
  // Lease → how many callers wait while their own work holds it.
  readonly #blocked = new Map<Lease<C>, number>();

  /** Runs the work of a lease, so that what it acquires is known to be nested. */
  run<R>(lease: Lease<C>, work: () => R): R {
    return this.#storage.run({ lease, outer: this.#storage.getStore() }, work);
  }

  /** The innermost lease that this caller holds. */
  get held(): Lease<C> | undefined {
    return this.#heldByCaller()[0];
  }

  /** How many leases are held by callers that wait. */
  get blockedLeases(): number {
    let blocked = 0;
    for (const lease of this.#blocked.keys()) if (!lease.isEnded) blocked++;
    return blocked;
  }

  /** Notes that this caller waits while holding its leases. @returns undoes it, once the caller waits no longer */
  block(): (() => void) | undefined {
    const held = this.#heldByCaller();
    if (held.length === 0) return undefined;
    for (const lease of held) this.#blocked.set(lease, (this.#blocked.get(lease) ?? 0) + 1);
    return () => {
      for (const lease of held) {
        const waits = this.#blocked.get(lease)! - 1;
        if (waits === 0) this.#blocked.delete(lease);
        else this.#blocked.set(lease, waits);
      }
    };
  }

  #heldByCaller(): Lease<C>[] {
    const held: Lease<C>[] = [];
    for (let holder = this.#storage.getStore(); holder !== undefined; holder = holder.outer) {
      if (!holder.lease.isEnded) held.push(holder.lease);
    }
    return held;
  }
}
