import type { AcquireOptions, Lease, Pool } from '@pool/core';
import type { Connection } from './connection.ts';
import type { CheckpointAnswer, CheckpointMode } from './protocol.ts';

/** For readers to give back what they hold. A longer one keeps its snapshot, and the log its size. */
const READER_GRACE_MS = 1_000;

/** SQLite's answer, and the mode that ran: PASSIVE instead of another one when a reader was leased for too long. */
export interface CheckpointResult extends CheckpointAnswer {
  readonly mode: CheckpointMode;
}

export interface CheckpointParts {
  readonly reader: Pool<Connection>;
  readonly acquireWriter: (options: AcquireOptions) => Promise<Lease<Connection>>;
  readonly acquireSpare: (options: AcquireOptions) => Promise<Lease<Connection>>;
  /** The one connection does everything: there is no reader to wait for. */
  readonly isSingle: boolean;
}

/** Writes the log back into the file; all modes but PASSIVE do so while nobody reads or writes. */
export async function checkpoint(
  parts: CheckpointParts,
  mode: CheckpointMode,
  options: AcquireOptions,
): Promise<CheckpointResult> {
  const lease = await (mode === 'PASSIVE' ? parts.acquireSpare(options) : parts.acquireWriter(options));
  try {
    if (mode === 'PASSIVE' || parts.isSingle) return await run(lease, mode);
    return await withoutReaders(parts.reader, (isFree) => run(lease, isFree ? mode : 'PASSIVE'));
  } finally {
    if (!lease.isEnded) lease.release();
  }
}

async function run(lease: Lease<Connection>, mode: CheckpointMode): Promise<CheckpointResult> {
  return { ...(await lease.connection.call({ kind: 'checkpoint', mode }, { lockTimeoutMs: 0 })), mode };
}

/** Lends no reader meanwhile; callers wait in their queue, and their deadlines go on. */
async function withoutReaders<R>(
  reader: Pool<Connection>,
  work: (isFree: boolean) => Promise<R>,
): Promise<R> {
  reader.pause();
  try {
    return await work(await allReturned(reader));
  } finally {
    reader.resume();
  }
}

function allReturned(reader: Pool<Connection>): Promise<boolean> {
  const isFree = (): boolean => {
    const { leased, resetting } = reader.stats();
    return leased + resetting === 0;
  };
  if (isFree()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (isDone: boolean): void => {
      clearTimeout(grace);
      stop();
      resolve(isDone);
    };
    const grace = setTimeout(() => finish(isFree()), READER_GRACE_MS);
    // The event comes before the slot has moved on.
    const stop = reader.on('lease:released', () => queueMicrotask(() => isFree() && finish(true)));
  });
}
