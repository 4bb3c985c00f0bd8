import {
  CallDeadline,
  ConnectionLostError,
  OptionError,
  runTransaction,
  TransactionEndedError,
  withRetries,
  type Lease,
  type Pool,
} from '@pool/core';
import type { MysqlConnection } from './connection.ts';
import type { CallOptions } from './call-options.ts';
import type { MysqlFactory } from './factory.ts';
import { isConflict, isConnectionLost, outcomeOf } from './server-errors.ts';

export type Isolation = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';

export interface TransactionOptions extends CallOptions {
  /** @defaultValue the server's, usually repeatable read */
  isolation?: Isolation | undefined;
  /** Writes are refused. @defaultValue false */
  readOnly?: boolean | undefined;
  /**
   * How often the whole work is run again, after a deadlock (1213), a lock's timeout (1205), or a connection that was lost before
   * COMMIT was sent. @defaultValue 0
   */
  retries?: number | undefined;
}

/** Runs the work within a savepoint: when it throws, only what it did is undone. */
export type Savepoint = <R>(work: () => R | Promise<R>) => Promise<R>;

export type TransactionWork<R> = (connection: MysqlConnection, savepoint: Savepoint) => R | Promise<R>;

const ISOLATIONS: ReadonlySet<unknown> = new Set<Isolation>([
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
]);

export class Transactions {
  readonly #pool: Pool<MysqlConnection>;
  readonly #factory: MysqlFactory;

  constructor(pool: Pool<MysqlConnection>, factory: MysqlFactory) {
    this.#pool = pool;
    this.#factory = factory;
  }

  run<R>(work: TransactionWork<R>, options: TransactionOptions): Promise<R> {
    const { retries = 0, signal } = options;
    this.#check(options);
    const deadline = new CallDeadline(this.#pool.name, options);
    const attempt = (): Promise<R> => this.#attempt(work, options, deadline);
    return withRetries(attempt, { retries, isRetryable, signal });
  }

  #check({ isolation, retries = 0 }: TransactionOptions): void {
    const pool = this.#pool.name;
    if (isolation !== undefined && !ISOLATIONS.has(isolation)) {
      const expected = `one of ${[...ISOLATIONS].join(', ')}`;
      throw new OptionError({ pool, option: 'isolation', expected, received: isolation });
    }
    if (!Number.isSafeInteger(retries) || retries < 0) {
      const expected = 'an integer of at least 0';
      throw new OptionError({ pool, option: 'retries', expected, received: retries });
    }
  }

  async #attempt<R>(
    work: TransactionWork<R>,
    options: TransactionOptions,
    deadline: CallDeadline,
  ): Promise<R> {
    const { signal, timeoutMs, label } = options;
    const lease = await this.#pool.acquire(deadline.within({ signal, timeoutMs, label }));
    const attempt = new Attempt(lease, this.#factory, { ...options, pool: this.#pool.name });
    // The lease lasts as long as the work, also when the caller has left before: the work has the connection in hand.
    const done = attempt.run(work).finally(() => {
      if (!lease.isEnded) lease.release();
    });
    return deadline.bound(done, () => attempt.interrupt());
  }
}

interface AttemptOptions extends TransactionOptions {
  readonly pool: string;
}

/** One transaction on one connection. */
class Attempt {
  readonly #lease: Lease<MysqlConnection>;
  readonly #connection: MysqlConnection;
  readonly #factory: MysqlFactory;
  readonly #options: AttemptOptions;
  #savepoints = 0;
  #isCommitting = false;
  #isInterrupted = false;

  constructor(lease: Lease<MysqlConnection>, factory: MysqlFactory, options: AttemptOptions) {
    this.#lease = lease;
    this.#connection = lease.connection;
    this.#factory = factory;
    this.#options = options;
  }

  interrupt(): void {
    this.#isInterrupted = true;
    if (!this.#lease.isEnded) this.#factory.interrupt(this.#connection);
  }

  async run<R>(work: TransactionWork<R>): Promise<R> {
    const steps = {
      begin: () => this.#begin(),
      commit: () => this.#commit(),
      rollback: () => this.#rollback(),
    };
    const savepoint: Savepoint = (nested) => this.#savepoint(nested);
    try {
      return await runTransaction(
        steps,
        () => work(this.#connection, savepoint),
        (error) => this.#lease.destroy(error),
      );
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      const outcome =
        this.#isCommitting && outcomeOf(error, false) !== 'not-sent' ? 'unknown' : 'not-committed';
      throw new ConnectionLostError({ pool: this.#options.pool, outcome, cause: error });
    }
  }

  async #begin(): Promise<void> {
    const { isolation, readOnly = false } = this.#options;
    if (isolation !== undefined)
      await this.#send(`SET TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()}`);
    await this.#send(readOnly ? 'START TRANSACTION READ ONLY' : 'START TRANSACTION');
  }

  async #commit(): Promise<void> {
    this.#stopIfInterrupted();
    if (!this.#factory.isInTransaction(this.#connection)) {
      // What came after the end was on its own, and stands.
      throw new TransactionEndedError({ pool: this.#options.pool, outcome: 'unknown' });
    }
    this.#isCommitting = true;
    await this.#connection.query('COMMIT');
  }

  async #rollback(): Promise<void> {
    // The order to stop must not hit the rollback.
    await this.#factory.settle(this.#connection);
    await this.#connection.query('ROLLBACK');
  }

  async #savepoint<R>(work: () => R | Promise<R>): Promise<R> {
    const name = `pool_${++this.#savepoints}`;
    const steps = {
      begin: () => this.#send(`SAVEPOINT ${name}`),
      commit: () => this.#send(`RELEASE SAVEPOINT ${name}`),
      rollback: () => this.#send(`ROLLBACK TO SAVEPOINT ${name}`),
    };
    // When it cannot be undone, the transaction has ended with it: the commit notices.
    return runTransaction(steps, work, () => {});
  }

  async #send(sql: string): Promise<void> {
    this.#stopIfInterrupted();
    await this.#connection.query(sql);
  }

  #stopIfInterrupted(): void {
    if (this.#isInterrupted) throw new Error('the transaction was interrupted');
  }
}

function isRetryable(error: unknown): boolean {
  return isConflict(error) || (error instanceof ConnectionLostError && error.retryable);
}
