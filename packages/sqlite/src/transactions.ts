import { runTransaction, type Lease } from '@pool/core';
import type { Connection } from './connection.ts';
import type { ControlVerb } from './protocol.ts';

/** The transactions of one lease: the outermost is real, those within it are savepoints. */
export class Transactions {
  readonly #lease: Lease<Connection>;
  #depth = 0;

  constructor(lease: Lease<Connection>) {
    this.#lease = lease;
  }

  /** @param lockTimeoutMs for the lock that BEGIN IMMEDIATE takes, while another process holds it */
  async run<R>(work: () => R | Promise<R>, lockTimeoutMs: number, signal?: AbortSignal): Promise<R> {
    const depth = this.#depth++;
    const name = `nested_${depth}`;
    const steps =
      depth === 0
        ? {
            begin: () => this.#control('begin', undefined, lockTimeoutMs, signal),
            commit: () => this.#control('commit'),
            rollback: () => this.#control('rollback'),
          }
        : {
            begin: () => this.#control('savepoint', name),
            commit: () => this.#control('release', name),
            rollback: () => this.#undo(name),
          };
    try {
      return await runTransaction(steps, work, (error) => this.#lease.destroy(error));
    } finally {
      this.#depth--;
    }
  }

  async #undo(name: string): Promise<void> {
    await this.#control('rollbackTo', name);
    await this.#control('release', name).catch(() => undefined);
  }

  async #control(verb: ControlVerb, name?: string, lockTimeoutMs = 0, signal?: AbortSignal): Promise<void> {
    const operation =
      name === undefined ? { kind: 'control' as const, verb } : { kind: 'control' as const, verb, name };
    await this.#lease.connection.call(operation, { lockTimeoutMs, signal });
  }
}
