import type { CloseReason, CreateContext, Factory, Lease, Pool } from '@pool/core';
import type { Connection } from './connection.ts';

/**
 * With `writers: 2`: the writer is borrowed from a pool of two open ones.
 *
 * So one writes at a time, the other does maintenance, and takes over at once when the first is lost.
 */
export class SpareFactory implements Factory<Connection> {
  readonly #writers: Pool<Connection>;
  readonly #inner: Factory<Connection>;
  readonly #leases = new WeakMap<Connection, Lease<Connection>>();

  constructor(writers: Pool<Connection>, inner: Factory<Connection>) {
    this.#writers = writers;
    this.#inner = inner;
  }

  async create({ signal, lost }: CreateContext): Promise<Connection> {
    const lease = await this.#writers.acquire({ signal, timeoutMs: Infinity, label: 'writer' });
    const { connection } = lease;
    this.#leases.set(connection, lease);
    connection.onLost = lost;
    return connection;
  }

  /** The pool of two closes it, and counts it until its thread has ended. */
  destroy(connection: Connection, reason: CloseReason): void {
    const lease = this.#leases.get(connection);
    if (lease === undefined || lease.isEnded) return;
    if (reason === 'closed') lease.release();
    else lease.destroy(new Error(`closed as ${reason}`));
  }

  isBroken(connection: Connection): boolean {
    return connection.isBroken;
  }

  async validate(connection: Connection, signal: AbortSignal): Promise<void> {
    await this.#inner.validate?.(connection, signal);
  }

  reset(connection: Connection, signal: AbortSignal): void | Promise<void> {
    return this.#inner.reset?.(connection, signal);
  }
}
