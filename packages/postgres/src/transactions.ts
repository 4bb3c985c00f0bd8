// Owns how a transaction begins and ends on one connection, and what is run again.
import {
  ConnectionLostError,
  OptionError,
  runTransaction,
  TransactionEndedError,
  type AcquireOptions,
  type Lease,
} from '@pool/core';
import type { Client } from 'pg';
import { isConflict } from './errors.ts';
import { sessionOf } from './pooled-client.ts';

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

export interface TransactionOptions extends AcquireOptions {
  /** @defaultValue the server's `default_transaction_isolation` */
  isolation?: Isolation | undefined;
  /** Writes are refused; with `replicas` it runs on one of them. @defaultValue false */
  readOnly?: boolean | undefined;
  /** With `serializable` and `readOnly`: waits for a snapshot that cannot fail. @defaultValue false */
  deferrable?: boolean | undefined;
  /**
   * How often the work is run again, on a connection of its own each time, after a serialization failure (40001), a deadlock
   * (40P01), or a connection that was lost before COMMIT was sent. @defaultValue 0
   */
  retries?: number | undefined;
  /** Settings for this transaction only, as SET LOCAL: `{ 'app.tenant': '7' }`. @defaultValue none */
  settings?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds for the whole of it, retries included; without it only the acquire has a limit. */
  timeoutMs?: number | undefined;
}

/** Runs the work within a savepoint: when it throws, only what it did is undone. */
export type Savepoint = <R>(work: () => R | Promise<R>) => Promise<R>;

const ISOLATIONS: readonly unknown[] = [undefined, 'read committed', 'repeatable read', 'serializable'];

/** @throws {OptionError} an isolation level that Postgres does not have, or a wrong number of retries */
export function beginStatement(pool: string, options: TransactionOptions): string {
  const { isolation, readOnly, deferrable, retries = 0 } = options;
  if (!ISOLATIONS.includes(isolation)) {
    const expected = ISOLATIONS.slice(1).join(', ');
    throw new OptionError({ pool, option: 'isolation', received: isolation, expected: `one of ${expected}` });
  }
  if (!Number.isSafeInteger(retries) || retries < 0) {
    throw new OptionError({
      pool,
      option: 'retries',
      received: retries,
      expected: 'an integer of at least 0',
    });
  }
  const parts = ['BEGIN'];
  if (isolation !== undefined) parts.push(`ISOLATION LEVEL ${isolation.toUpperCase()}`);
  if (readOnly === true) parts.push('READ ONLY');
  if (deferrable === true) parts.push('DEFERRABLE');
  return parts.join(' ');
}

export function isRetryable(error: unknown): boolean {
  return isConflict(error) || (error instanceof ConnectionLostError && error.retryable);
}

/** One attempt on one lease. */
export class Attempt {
  readonly #pool: string;
  readonly #lease: Lease<Client>;
  readonly #client: Client;
  readonly #begin: string;
  readonly #settings: Readonly<Record<string, string>> | undefined;
  #depth = 0;
  #isCommitting = false;

  constructor(
    pool: string,
    lease: Lease<Client>,
    { begin, settings }: { begin: string; settings: TransactionOptions['settings'] },
  ) {
    this.#pool = pool;
    this.#lease = lease;
    this.#client = lease.connection;
    this.#begin = begin;
    this.#settings = settings;
  }

  /** @throws {ConnectionLostError} the connection died; it says whether anything can have been committed */
  async run<R>(work: (connection: Client, savepoint: Savepoint) => R | Promise<R>): Promise<R> {
    const savepoint: Savepoint = (nested) => this.#nest(nested);
    const steps = {
      begin: async () => void (await this.#client.query(this.#begin)),
      commit: () => this.#commit(),
      rollback: () => this.#rollback(),
    };
    try {
      return await runTransaction(
        steps,
        () => this.#work(() => work(this.#client, savepoint)),
        (error) => this.#lease.destroy(error),
      );
    } catch (error) {
      if (!sessionOf(this.#client).isLost || isFromUs(error)) throw error;
      const outcome = this.#isCommitting ? 'unknown' : 'not-committed';
      throw new ConnectionLostError({ pool: this.#pool, outcome, cause: error });
    }
  }

  /** After BEGIN, so that a setting that is refused is rolled back like anything else. */
  async #work<R>(work: () => R | Promise<R>): Promise<R> {
    const names = Object.keys(this.#settings ?? {});
    if (names.length > 0) await this.#set(names);
    return work();
  }

  async #set(names: readonly string[]): Promise<void> {
    const session = sessionOf(this.#client);
    const { changes } = session;
    const calls = names.map(
      (_, index) => `pg_catalog.set_config($${2 * index + 1}, $${2 * index + 2}, true)`,
    );
    const sent = this.#client.query(
      `SELECT ${calls.join(', ')}`,
      names.flatMap((name) => [name, this.#settings![name]]),
    );
    // They end with the transaction: nothing is to be cleaned because of them.
    session.changes = changes;
    await sent;
  }

  async #commit(): Promise<void> {
    this.#isCommitting = true;
    const { command } = await this.#client.query('COMMIT');
    // The server says so, and calls it no error.
    if (command === 'ROLLBACK')
      throw new TransactionEndedError({ pool: this.#pool, outcome: 'not-committed' });
  }

  async #rollback(): Promise<void> {
    if (this.#isBeyondUs || this.#client.getTransactionStatus() === 'I') return;
    await this.#client.query('ROLLBACK');
  }

  /** Dead, or interrupted: then the pool itself cleans up at the release. */
  get #isBeyondUs(): boolean {
    const { isLost, interruption } = sessionOf(this.#client);
    return isLost || interruption !== undefined;
  }

  async #nest<R>(work: () => R | Promise<R>): Promise<R> {
    const name = `nested_${++this.#depth}`;
    const client = this.#client;
    const steps = {
      begin: async () => void (await client.query(`SAVEPOINT ${name}`)),
      commit: async () => void (await client.query(`RELEASE SAVEPOINT ${name}`)),
      rollback: async () => {
        if (!this.#isBeyondUs) await client.query(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`);
      },
    };
    try {
      return await runTransaction(steps, work, (error) => this.#lease.destroy(error));
    } finally {
      this.#depth--;
    }
  }
}

function isFromUs(error: unknown): boolean {
  return error instanceof ConnectionLostError || error instanceof TransactionEndedError;
}
