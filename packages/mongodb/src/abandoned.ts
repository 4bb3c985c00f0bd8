import { TransactionAbandonedError, type CreateContext } from '@pool/core';

/** A lease ended with cursors or change streams open: they were closed. Told by the `error` event. */
export class CursorsAbandonedError extends Error {
  readonly code = 'MONGODB_CURSORS_ABANDONED';
  readonly count: number;
  /** The call stack of the lease's acquire, when it was sampled. */
  readonly acquiredAt: string | undefined;

  constructor({ pool, count, acquiredAt }: { pool: string; count: number; acquiredAt: string | undefined }) {
    const place = acquiredAt === undefined ? '' : `; acquired\n${acquiredAt}`;
    super(`pool "${pool}": a lease ended with ${count} cursors open, which were closed${place}`);
    this.count = count;
    this.acquiredAt = acquiredAt;
  }
}

// A literal: minifiers rename classes.
Object.defineProperty(CursorsAbandonedError.prototype, 'name', { value: 'CursorsAbandonedError' });

/** Counts and tells of what leases left open when they ended. */
export class Abandoned {
  readonly #pool: string;
  transactions = 0;
  cursors = 0;

  constructor(pool: string) {
    this.#pool = pool;
  }

  transaction({ report, acquiredAt }: CreateContext): void {
    this.transactions++;
    report(new TransactionAbandonedError({ pool: this.#pool, acquiredAt: acquiredAt() }));
  }

  openCursors(count: number, { report, acquiredAt }: CreateContext): void {
    this.cursors += count;
    report(new CursorsAbandonedError({ pool: this.#pool, count, acquiredAt: acquiredAt() }));
  }
}
