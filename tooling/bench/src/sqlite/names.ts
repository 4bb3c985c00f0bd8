export const OURS = '@pool/sqlite';
/** Ours with `autoBatch: false`: each one-shot write is a transaction of its own. */
export const OURS_UNGROUPED = '@pool/sqlite, no groups';
/** Ours with all statements of a transaction in one `batch()`. */
export const OURS_BATCH = '@pool/sqlite, batch';
/** One writer thread, one message and one commit per write. */
export const ONE_THREAD = '1 thread';
export const IMMEDIATE = '4 threads, BEGIN IMMEDIATE';
export const DEFERRED = '4 threads, BEGIN';
export const INLINE = 'better-sqlite3 inline';
