import type { Call } from './call.ts';
import type { MongoLease } from './mongo-lease.ts';

/** What the driver has in common for what comes one by one: cursors of every kind, and change streams. */
export type Opened<T> = AsyncIterable<T> & { close(): Promise<void> };

/** Gives one by one what is opened on the lease, until the end or until nobody asks any more; then the lease ends. */
export async function* iterate<T>(
  open: (lease: MongoLease) => Opened<T> | Promise<Opened<T>>,
  lease: MongoLease,
  call: Call | undefined,
): AsyncGenerator<T, void, undefined> {
  let opened: Opened<T> | undefined;
  try {
    opened = await open(lease);
    const items = opened[Symbol.asyncIterator]();
    for (;;) {
      const next = items.next();
      const { value, done } = await (call === undefined ? next : call.bound(next));
      if (done === true) return;
      yield value;
    }
  } finally {
    const ended = endOf(opened, lease);
    // Whoever has given up does not wait for the server's goodbye.
    if (call?.signal.aborted !== true) await ended;
  }
}

/** Closes the cursor, and then gives its lease back. */
async function endOf(opened: Opened<unknown> | undefined, lease: MongoLease): Promise<void> {
  // The driver drops a cursor whether or not the server hears of it.
  await opened?.close().catch(() => undefined);
  if (!lease.isEnded) lease.release();
}
