import type { Lease } from '@pool/core';
import type { PoolConnection } from 'mysql2';
import { PromisePoolConnection } from './driver.ts';

const EVENTS_OF_THE_DRIVER = ['error', 'drain', 'connect', 'end', 'enqueue'];

/**
 * mysql2's promise flavour of a lent connection: a fresh object for each lease.
 *
 * After the lease its methods throw LeaseEndedError: a late query or release can never reach the next borrower.
 */
export class LeasedConnection extends PromisePoolConnection {
  readonly #driver: PoolConnection;
  readonly #lease: Lease<unknown>;

  constructor(driver: PoolConnection, lease: Lease<unknown>, promise?: PromiseConstructor) {
    super(driver, promise);
    this.#driver = driver;
    this.#lease = lease;
    Object.defineProperty(this, 'connection', { enumerable: true, get: () => this.#lent() });
  }

  override release(): void {
    this.#end(() => this.#driver.release());
  }

  override destroy(): void {
    this.#end(() => this.#driver.destroy());
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#lease.isEnded) this.release();
  }

  /** mysql2's methods all begin by reading `connection`. */
  #lent(): PoolConnection {
    // Throws once the lease has ended.
    void this.#lease.connection;
    return this.#driver;
  }

  #end(give: () => void): void {
    // Listeners of this borrower's are nothing to the next one.
    for (const event of EVENTS_OF_THE_DRIVER) this.removeAllListeners(event);
    if (this.#lease.isEnded) this.#lease.release();
    else give();
  }
}
