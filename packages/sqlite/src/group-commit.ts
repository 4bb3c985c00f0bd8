// Owns one-shot writes from their call until they are committed together. A group is one place in the writer's queue:
// writes join it while it waits there, and whoever queues behind it closes it, so that nobody is overtaken.
import { AcquireTimeoutError, QueueFullError, type AcquireOptions, type Lease, type Pool } from '@pool/core';
import type { Connection } from './connection.ts';
import { Deadline } from './deadline.ts';
import type { GroupItem, Outcome } from './protocol.ts';
import { decodeError, isLocked } from './sqlite-error.ts';

/** SQLite's own costs per item outweigh what a larger group would save. */
const MAX_ITEMS = 256;

interface Write {
  readonly item: GroupItem;
  readonly deadline: Deadline;
  readonly settle: (outcome: { value: unknown } | { failure: unknown }) => void;
  /** Its caller has been told already. */
  isSettled: boolean;
}

interface Group {
  /** The earliest of its writes' deadlines: that of its first. */
  readonly deadline: Deadline;
  readonly writes: Write[];
}

export interface GroupCommitParts {
  readonly pool: Pool<Connection>;
  readonly acquireTimeoutMs: number;
  readonly maxWaiting: number;
}

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  /** The last one in the writer's queue, while writes may still join it. */
  #open: Group | undefined = undefined;
  #waiting = 0;
  /** Groups committed, and the writes in them. */
  groups = 0;
  writes = 0;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
  }

  /** Resolves once the write is committed. */
  write(item: GroupItem, { signal, timeoutMs, label }: AcquireOptions): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#open !== undefined && this.#waiting >= this.#parts.maxWaiting)
      return Promise.reject(this.#queueFull());
    return new Promise((resolve, reject) => {
      const settle: Write['settle'] = (outcome) => {
        if (write.isSettled) return;
        write.isSettled = true;
        signal?.removeEventListener('abort', abort);
        if ('failure' in outcome) reject(outcome.failure);
        else resolve(outcome.value);
      };
      const deadline = new Deadline(timeoutMs ?? this.#parts.acquireTimeoutMs);
      const write: Write = { item, deadline, settle, isSettled: false };
      const abort = (): void => settle({ failure: signal?.reason });
      signal?.addEventListener('abort', abort, { once: true });
      this.#join(write, label);
    });
  }

  /** Somebody is about to queue behind the group: from now on it takes no more. */
  seal(): void {
    this.#open = undefined;
  }

  #join(write: Write, label: string | undefined): void {
    this.#waiting++;
    const group = this.#open;
    // One with an earlier deadline than the group's would wait beyond it.
    if (group !== undefined && group.writes.length < MAX_ITEMS && !write.deadline.isBefore(group.deadline)) {
      group.writes.push(write);
      return;
    }
    this.#open = { deadline: write.deadline, writes: [write] };
    void this.#process(this.#open, label);
  }

  async #process(group: Group, label: string | undefined): Promise<void> {
    let lease: Lease<Connection>;
    try {
      const timeoutMs = Math.max(group.deadline.remainingMs, Number.MIN_VALUE);
      lease = await this.#parts.pool.acquire({ timeoutMs, label });
    } catch (error) {
      return this.#refused(this.#take(group), error, label);
    }
    try {
      await this.#commit(lease.connection, this.#take(group));
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }

  /** The group's writes, those whose callers have gone excepted. Nobody joins it any more. */
  #take(group: Group): Write[] {
    if (this.#open === group) this.#open = undefined;
    this.#waiting -= group.writes.length;
    return group.writes.filter((write) => !write.isSettled);
  }

  /** The group had the deadline of its first write. Those with time left queue again. */
  #refused(writes: readonly Write[], error: unknown, label: string | undefined): void {
    for (const write of writes) {
      const mayWait = error instanceof AcquireTimeoutError && write.deadline.remainingMs > 0;
      if (mayWait) this.#join(write, label);
      else write.settle({ failure: error });
    }
  }

  async #commit(connection: Connection, writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    try {
      const lockTimeoutMs = Math.min(...writes.map((write) => write.deadline.remainingMs));
      const items = writes.map((write) => write.item);
      const outcomes = await connection.call({ kind: 'group', items }, { lockTimeoutMs });
      if (outcomes === undefined) return await this.#commitOneByOne(connection, writes);
      this.groups++;
      this.writes += writes.length;
      for (const [index, write] of writes.entries()) write.settle(asSettled(outcomes[index]));
    } catch (error) {
      await this.#failed(connection, writes, error);
    }
  }

  async #failed(connection: Connection, writes: readonly Write[], error: unknown): Promise<void> {
    // A parameter that cannot go to another thread: only its own write is to blame.
    if (isUncloneable(error) && writes.length > 1) return this.#commitOneByOne(connection, writes);
    const left = isLocked(error) ? writes.filter((write) => write.deadline.remainingMs > 0) : [];
    for (const write of writes) if (!left.includes(write)) write.settle({ failure: error });
    await this.#commit(connection, left);
  }

  async #commitOneByOne(connection: Connection, writes: readonly Write[]): Promise<void> {
    for (const write of writes) await this.#commit(connection, [write]);
  }

  #queueFull(): QueueFullError {
    const { pool, maxWaiting } = this.#parts;
    const message = `overload: ${this.#waiting} one-shot writes wait to be committed`;
    const diagnosis = { kind: 'overload' as const, message };
    return new QueueFullError({ pool: pool.name, maxWaiting, stats: pool.stats(), diagnosis });
  }
}

function asSettled(outcome: Outcome | undefined): { value: unknown } | { failure: unknown } {
  if (outcome === undefined) return { failure: new Error('the writer gave no answer for this write') };
  return 'error' in outcome ? { failure: decodeError(outcome.error) } : outcome;
}

function isUncloneable(error: unknown): boolean {
  return error instanceof Error && error.name === 'DataCloneError';
}
