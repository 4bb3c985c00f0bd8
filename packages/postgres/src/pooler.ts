// Owns what is known of a pooler between us and the server. A proxy answers with process ids of its own; one that lends a
// backend for a transaction only gives one backend to two of our connections, or two backends to one.
import { OptionError } from '@pool/core';
import type { Client } from 'pg';
import { backendKeyOf } from './driver.ts';
import { LISTENS } from './statement-traits.ts';

/** What is between the pool and the server; `detect` finds out. */
export type PoolerOption = 'detect' | 'none' | 'session' | 'transaction';

/** `unknown` before the first connection. `session` is what a proxy is taken for until it shows otherwise. */
export type PoolerKind = 'unknown' | 'none' | 'session' | 'transaction';

export class Pooler {
  readonly #pool: string;
  readonly #isDetecting: boolean;
  readonly #backends = new Map<Client, number>();
  kind: PoolerKind;

  constructor(pool: string, option: PoolerOption) {
    this.#pool = pool;
    this.#isDetecting = option === 'detect';
    this.kind = option === 'detect' ? 'unknown' : option;
  }

  get isTransactional(): boolean {
    return this.kind === 'transaction';
  }

  /** Whether the next round trip should ask which backend answers. Never again once there is no proxy. */
  get isCurious(): boolean {
    return this.#isDetecting && (this.kind === 'unknown' || this.kind === 'session');
  }

  /** A round trip that also tells what is in between. */
  async probe(client: Client): Promise<void> {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
    this.#observe(client, rows[0]!.pid);
  }

  #observe(client: Client, pid: number): void {
    if (this.kind === 'unknown') this.kind = backendKeyOf(client)?.pid === pid ? 'none' : 'session';
    if (this.kind !== 'session') return;
    const before = this.#backends.get(client);
    const isShared = [...this.#backends].some(([other, theirs]) => other !== client && theirs === pid);
    if (isShared || (before !== undefined && before !== pid)) this.kind = 'transaction';
    this.#backends.set(client, pid);
  }

  forget(client: Client): void {
    this.#backends.delete(client);
  }

  /** @throws {OptionError} the statement needs a session, and there is none */
  refuseSession(traits: number): void {
    if (!this.isTransactional) return;
    const isListen = (traits & LISTENS) !== 0;
    const option = isListen ? 'directConnection' : 'pooler';
    const expected = isListen
      ? 'given, and pool.listen() used: behind a pooler in transaction mode no connection keeps listening'
      : "a server without a pooler in transaction mode: a session's lock would stay with whoever comes next; use pg_advisory_xact_lock, or a pool on the direct URL";
    throw new OptionError({ pool: this.#pool, option, expected });
  }
}
