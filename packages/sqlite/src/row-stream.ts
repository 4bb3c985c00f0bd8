import type { CallOptions, Connection } from './connection.ts';
import { NOT_A_READ, type Statement } from './protocol.ts';

/** Asks for the next chunk only when the last one is used up: what the consumer does not read is never fetched. */
export async function* streamRows(
  connection: () => Connection,
  statement: Statement & { readonly mustRead?: boolean },
  options: CallOptions,
): AsyncGenerator<unknown, typeof NOT_A_READ | undefined, undefined> {
  let chunk = await connection().call({ kind: 'cursor', ...statement }, options);
  if (chunk === NOT_A_READ) return NOT_A_READ;
  try {
    for (;;) {
      yield* chunk.rows;
      if (chunk.isDone) return undefined;
      options.signal?.throwIfAborted();
      chunk = await connection().call({ kind: 'fetch', cursor: chunk.cursor }, options);
    }
  } finally {
    // Also for a caller who has aborted.
    if (!chunk.isDone)
      await connection().call({ kind: 'dismiss', cursor: chunk.cursor }, { lockTimeoutMs: 0 });
  }
}
