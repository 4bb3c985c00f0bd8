import { OptionError } from '@pool/core';

// Symbol.for: two installed copies of this package in one process must not open the same file either.
const KEY = Symbol.for('@pool/sqlite/open-files');
const shared = globalThis as unknown as Record<symbol, Map<string, string> | undefined>;

/** The files that pools of this thread have open, and the pools' names. */
function openFiles(): Map<string, string> {
  return (shared[KEY] ??= new Map());
}

/**
 * Takes the file for one pool: writers of two pools would meet as strangers, with SQLITE_BUSY instead of a queue.
 *
 * @throws {OptionError} another pool has it
 * @returns gives it back
 */
export function claim(pool: string, filename: string): () => void {
  const owner = openFiles().get(filename);
  if (owner !== undefined) {
    const expected = `a file without a pool in this process; pool "${owner}" has it: share that one, or close it first`;
    throw new OptionError({ pool, option: 'connection.filename', expected, received: filename });
  }
  openFiles().set(filename, pool);
  return () => openFiles().delete(filename);
}

export function isClaimed(filename: string): boolean {
  return openFiles().has(filename);
}
