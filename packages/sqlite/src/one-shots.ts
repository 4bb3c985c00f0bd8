// Owns the calls that borrow and return by themselves: who is asked, and what may be grouped.
import type { RunResult } from 'better-sqlite3';
import { OptionError, type AcquireOptions } from '@pool/core';
import { Deadline } from './deadline.ts';
import { GroupCommit } from './group-commit.ts';
import type { ResolvedSqliteOptions } from './options.ts';
import type { Pools } from './pools.ts';
import {
  NOT_A_READ,
  type Answer,
  type GroupItem,
  type Operation,
  type Role,
  type Statement,
} from './protocol.ts';
import { streamRows } from './row-stream.ts';
import { firstWord, kindOf } from './statement-kind.ts';

/** Texts of which we remember that they do not read, though they looked like it. */
const ROUTES = 1_000;

export class OneShots {
  readonly #pools: Pools;
  readonly #options: ResolvedSqliteOptions;
  readonly groups: GroupCommit | undefined;
  readonly #notReads = new Set<string>();

  constructor(pools: Pools, options: ResolvedSqliteOptions) {
    this.#pools = pools;
    this.#options = options;
    const { acquireTimeoutMs, maxWaiting } = options.pool;
    const { writer } = pools;
    this.groups =
      writer && options.autoBatch
        ? new GroupCommit({ pool: writer, acquireTimeoutMs, maxWaiting })
        : undefined;
  }

  async query(statement: Statement, options: AcquireOptions): Promise<unknown> {
    this.#check(statement.sql);
    if (!this.#mayRead(statement.sql)) return this.#write({ ...statement, mustRun: false }, options);
    const deadline = this.deadline(options);
    const answer = await this.use(
      'reader',
      { kind: 'query', ...statement, mustRead: true },
      options,
      deadline,
    );
    if (answer !== NOT_A_READ) return answer;
    this.#remember(statement.sql);
    return this.#write(
      { ...statement, mustRun: false },
      { ...options, timeoutMs: deadline.remainingMs || 1 },
    );
  }

  async run(statement: Statement, options: AcquireOptions): Promise<RunResult> {
    this.#check(statement.sql);
    return this.#write({ ...statement, mustRun: true }, options) as Promise<RunResult>;
  }

  async batch(statements: readonly Statement[], options: AcquireOptions): Promise<readonly unknown[]> {
    for (const { sql } of statements) this.#check(sql);
    return this.use('writer', { kind: 'batch', statements }, options);
  }

  async *iterate(statement: Statement, options: AcquireOptions): AsyncGenerator<unknown, void, undefined> {
    this.#check(statement.sql);
    const mustRead = this.#mayRead(statement.sql);
    const answer = yield* this.#stream(mustRead ? 'reader' : 'writer', { ...statement, mustRead }, options);
    if (answer !== NOT_A_READ) return;
    this.#remember(statement.sql);
    yield* this.#stream('writer', statement, options);
  }

  /** One operation on a lease of its own. An aborted caller is told at once; the lease ends when SQLite has answered. */
  async use<O extends Operation>(
    role: Role,
    operation: O,
    options: AcquireOptions,
    deadline: Deadline = this.deadline(options),
  ): Promise<Answer<O['kind']>> {
    const lease = await this.acquire(role, options);
    const call = async (): Promise<Answer<O['kind']>> => {
      try {
        const lockTimeoutMs = deadline.remainingMs;
        return await lease.connection.call(operation, { lockTimeoutMs, signal: options.signal });
      } finally {
        if (!lease.isEnded) lease.release();
      }
    };
    return orAborted(call(), options.signal);
  }

  /** Every way to the writer's queue goes through here: whoever joins it closes the group before it. */
  acquire(role: Role, options: AcquireOptions | undefined): ReturnType<Pools['acquire']> {
    if (role === 'writer') this.groups?.seal();
    return this.#pools.acquire(role, options);
  }

  deadline({ timeoutMs }: AcquireOptions): Deadline {
    return new Deadline(timeoutMs ?? this.#options.pool.acquireTimeoutMs);
  }

  async #write(item: GroupItem, options: AcquireOptions): Promise<unknown> {
    if (this.groups !== undefined && kindOf(item.sql) !== 'other') return this.groups.write(item, options);
    const { sql, params } = item;
    return this.use('writer', { kind: item.mustRun ? 'run' : 'query', sql, params }, options);
  }

  async *#stream(
    role: Role,
    statement: Statement & { mustRead?: boolean },
    options: AcquireOptions,
  ): AsyncGenerator<unknown, typeof NOT_A_READ | undefined, undefined> {
    const deadline = this.deadline(options);
    const lease = await this.acquire(role, options);
    try {
      const { signal } = options;
      return yield* streamRows(() => lease.connection, statement, {
        lockTimeoutMs: deadline.remainingMs,
        signal,
      });
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }

  /** Whether a reader is to be asked. It asks SQLite, and does nothing when the statement writes after all. */
  #mayRead(sql: string): boolean {
    const kind = kindOf(sql);
    const isLikely = kind === 'read' || firstWord(sql) === 'PRAGMA';
    return this.#options.isReadonly || (isLikely && !this.#notReads.has(sql));
  }

  #remember(sql: string): void {
    if (this.#notReads.size >= ROUTES) this.#notReads.clear();
    this.#notReads.add(sql);
  }

  #check(sql: string): void {
    if (kindOf(sql) !== 'session') return;
    const word = firstWord(sql);
    const instead = word === 'ATTACH' || word === 'DETACH' ? 'acquire()' : 'transaction()';
    const expected = `a statement that is complete in itself; ${word} changes the session of one connection: use ${instead}`;
    throw new OptionError({ pool: this.#options.pool.name, option: 'sql', expected });
  }
}

/** SQLite cannot be stopped in the middle of a statement: the caller is, and the rest goes on without it. */
function orAborted<R>(answer: Promise<R>, signal: AbortSignal | undefined): Promise<R> {
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
