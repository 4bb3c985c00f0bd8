import type { Lease } from '@pool/core';
import type { ConnectionOptions, QueryError } from 'mysql2';
import type { PoolConnection as PromiseConnection } from 'mysql2/promise';
import type { MysqlConnection } from '../connection.ts';
import { Connection, ConnectionConfig, PoolConnection } from './driver.ts';
import { LeasedConnection } from './leased-connection.ts';

interface Loan {
  readonly lease: Lease<MysqlConnection>;
  readonly lender: { returned(connection: PooledConnection): void };
}

/** mysql2's own PoolConnection, lent by our engine: the same object for one session of the server, whoever has it. */
export class PooledConnection extends PoolConnection {
  readonly #isGraceful: boolean;
  #loan: Loan | undefined = undefined;

  /** @param isGraceful mysql2's `gracefulEnd`: `end()` closes */
  constructor(options: ConnectionOptions, isGraceful: boolean) {
    // Without a pool of mysql2's, its class leaves the lending alone.
    super(undefined, { config: new ConnectionConfig(options) });
    this.#isGraceful = isGraceful;
  }

  /** Internal: the pool has lent it. */
  lend(loan: Loan): void {
    this.#loan = loan;
  }

  /** Gives it back. Never throws. */
  override release(): void {
    const loan = this.#loan;
    if (loan === undefined) return;
    const isBack = !loan.lease.isEnded;
    loan.lease.release();
    if (isBack) loan.lender.returned(this);
  }

  /** Closes it: it is not fit for another borrower. */
  override destroy(): void {
    const isLent = this.#isLent;
    const loan = this.#loan;
    this.#loan = undefined;
    // Not lent: then it is the pool that closes it.
    if (isLent) loan!.lease.destroy();
    else super.destroy();
  }

  /** As `release()`; with mysql2's `gracefulEnd`, as `destroy()`. */
  override end(options?: unknown, callback?: (error: QueryError | null) => void): void {
    const done = typeof options === 'function' ? (options as NonNullable<typeof callback>) : callback;
    if (!this.#isLent) {
      Connection.prototype.end.call(this, done);
      return;
    }
    if (this.#isGraceful) this.destroy();
    else this.release();
    done?.(null);
  }

  override [Symbol.dispose](): void {
    this.release();
  }

  /** The promise flavour, for as long as the lease lasts. */
  override promise(promise?: PromiseConstructor): PromiseConnection {
    if (!this.#isLent) return super.promise(promise);
    return new LeasedConnection(this, this.#loan!.lease, promise);
  }

  get #isLent(): boolean {
    return this.#loan !== undefined && !this.#loan.lease.isEnded;
  }
}
