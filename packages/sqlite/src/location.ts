// Which file a name means, looked at with stat and access only: opening and closing a database, its -wal or its -shm
// from outside SQLite drops the locks that SQLite holds on it in this process.
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OptionError } from '@pool/core';

export interface Location {
  readonly filename: string;
  /** In memory, or a temporary file: each connection would have its own. */
  readonly isPrivate: boolean;
}

interface Demands {
  readonly isReadonly: boolean;
  readonly mustExist: boolean;
}

/** @throws {OptionError} the name cannot be honoured, or there is no such file, directory or permission */
export function locate(pool: string, name: unknown, demands: Demands): Location {
  const fail = (expected: string, received: unknown = name): OptionError =>
    new OptionError({ pool, option: 'connection.filename', expected, received });
  if (typeof name !== 'string') throw fail("a path, or ':memory:' in inline mode");
  const trimmed = name.trim();
  if (trimmed.startsWith('file:')) {
    throw fail('a path: this build of SQLite reads no URIs, it would create a file of that very name');
  }
  if (trimmed === '' || trimmed === ':memory:') {
    if (demands.isReadonly)
      throw fail('a file with connection.readonly: a database in memory would stay empty');
    return { filename: trimmed, isPrivate: true };
  }
  const problem = problemOf(resolve(trimmed), demands);
  if (problem !== undefined) throw fail(problem);
  return { filename: realPath(resolve(trimmed)), isPrivate: false };
}

/** One name for one file, also when it does not exist yet. */
export function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  }
}

/** What tells a file from another one that has taken its name. */
export async function identify(filename: string): Promise<string> {
  const { dev, ino } = await stat(filename, { bigint: true });
  return `${dev}:${ino}`;
}

export function sizeOf(filename: string): number {
  return statSync(filename, { throwIfNoEntry: false })?.size ?? 0;
}

function problemOf(path: string, { isReadonly, mustExist }: Demands): string | undefined {
  const directory = statSync(dirname(path), { throwIfNoEntry: false });
  if (directory?.isDirectory() !== true) return 'a file in a directory that exists';
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isDirectory() === true) return 'a file, not a directory';
  if (file === undefined && mustExist) return 'a file that exists';
  return isReadonly ? undefined : problemWriting(path, file !== undefined);
}

function problemWriting(path: string, exists: boolean): string | undefined {
  if (exists && !mayWrite(path)) return 'a file that this process may write, or connection.readonly';
  if (mayWrite(dirname(path))) return undefined;
  return 'a file in a directory that this process may write: -wal and -shm go there';
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
