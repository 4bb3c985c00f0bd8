import { serialize, type Document } from 'bson';
import type { Body, Request } from '../wire.ts';

/** What a command is answered with: a document, its bytes, or what makes one of the request. */
export type Answer = Body | ((request: Request) => Body);

export type Answers = Readonly<Record<string, Answer>>;

const OK = serialize({ ok: 1 });
const WRITTEN = serialize({ n: 1, nModified: 1, ok: 1 });

/** One document, and no more. The namespace is that of nobody: drivers do not look at it. */
const FOUND = serialize({ cursor: { id: 0n, ns: 'test.test', firstBatch: [{ _id: 1, value: 1 }] }, ok: 1 });

/** What is said without a script: all goes well, and nothing is done. Bytes made once: an answer costs next to nothing. */
export const DEFAULT_ANSWERS: Answers = {
  ping: OK,
  endSessions: OK,
  killCursors: OK,
  commitTransaction: OK,
  abortTransaction: OK,
  find: FOUND,
  aggregate: FOUND,
  insert: WRITTEN,
  update: WRITTEN,
  delete: WRITTEN,
};

export function unknownCommand(name: string): Document {
  return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command: '${name}'` };
}
