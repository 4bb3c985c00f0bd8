// Which methods of the driver take a session, and where. The types below are complete by construction: a method that the
// installed driver has and a table has not is a compile error, and test/carrying.test.ts finds it by reflection.

import type { Admin, Collection, Db } from 'mongodb';

/** How a method is called with the session of its lease. */
export interface Carried {
  /** The position of the driver's options argument. */
  readonly options: number;
  /** The argument before the options may be left out, with the options in its place. */
  readonly isShifting?: boolean;
  readonly answer: 'promise' | 'cursor' | 'builder';
  /** The driver takes an AbortSignal here, and closes the socket of an operation that it aborts. */
  readonly takesSignal?: boolean;
  /** Where a time limit for the server goes: into the options, or into the command document itself. */
  readonly limit?: 'options' | 'command';
}

/** A method or a property that makes another object of the driver, which carries too. */
export type Made = 'collection' | 'collections' | 'admin' | 'db';

export interface Rule {
  readonly carried?: Carried;
  readonly makes?: Made;
  /** Why no session is carried. */
  readonly exception?: string;
}

type Methods<T> = Exclude<
  { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T],
  symbol | number
>;

export type Rules = Readonly<Record<string, Rule>>;

const promise = (options: number): Rule => ({ carried: { options, answer: 'promise', limit: 'options' } });
const making = (options: number, makes: Made): Rule => ({ ...promise(options), makes });
const abortable = (options: number): Rule => ({
  carried: { options, answer: 'promise', limit: 'options', takesSignal: true },
});
const cursor = (options: number): Rule => ({ carried: { options, answer: 'cursor', limit: 'options' } });
const abortableCursor = (options: number): Rule => ({
  carried: { options, answer: 'cursor', limit: 'options', takesSignal: true },
});
const builder: Rule = { carried: { options: 0, answer: 'builder' } };
// A change stream lasts: a limit is for one operation.
const changeStream: Rule = { carried: { options: 1, isShifting: true, answer: 'cursor' } };
const without = (exception: string): Rule => ({ exception });
const NO_OPTIONS = 'the driver takes no options, and so no session, for search indexes';

export const COLLECTION_RULES: Record<Methods<Collection> | 'db', Rule> = {
  aggregate: abortableCursor(1),
  bulkWrite: promise(1),
  count: promise(1),
  countDocuments: abortable(1),
  createIndex: promise(1),
  createIndexes: promise(1),
  createSearchIndex: without(NO_OPTIONS),
  createSearchIndexes: without(NO_OPTIONS),
  db: { makes: 'db' },
  deleteMany: promise(1),
  deleteOne: promise(1),
  distinct: promise(2),
  drop: promise(0),
  dropIndex: promise(1),
  dropIndexes: promise(0),
  dropSearchIndex: without(NO_OPTIONS),
  estimatedDocumentCount: promise(0),
  find: abortableCursor(1),
  findOne: abortable(1),
  findOneAndDelete: promise(1),
  findOneAndReplace: promise(2),
  findOneAndUpdate: promise(2),
  indexExists: promise(1),
  indexInformation: promise(0),
  indexes: promise(0),
  initializeOrderedBulkOp: builder,
  initializeUnorderedBulkOp: builder,
  insertMany: promise(1),
  insertOne: promise(1),
  isCapped: promise(0),
  listIndexes: cursor(0),
  listSearchIndexes: { carried: { options: 1, isShifting: true, answer: 'cursor' } },
  options: promise(0),
  rename: making(1, 'collection'),
  replaceOne: promise(2),
  updateMany: promise(2),
  updateOne: promise(2),
  updateSearchIndex: without(NO_OPTIONS),
  watch: changeStream,
};

export const DB_RULES: Record<Methods<Db>, Rule> = {
  admin: { makes: 'admin' },
  aggregate: abortableCursor(1),
  collection: { makes: 'collection' },
  collections: making(0, 'collections'),
  command: { carried: { options: 1, answer: 'promise', limit: 'command', takesSignal: true } },
  createCollection: making(1, 'collection'),
  createIndex: promise(2),
  dropCollection: promise(1),
  dropDatabase: promise(0),
  indexInformation: promise(1),
  listCollections: abortableCursor(1),
  profilingLevel: promise(0),
  removeUser: promise(1),
  renameCollection: making(2, 'collection'),
  runCursorCommand: { carried: { options: 1, answer: 'cursor' } },
  setProfilingLevel: promise(1),
  stats: promise(0),
  watch: changeStream,
};

export const ADMIN_RULES: Record<Methods<Admin>, Rule> = {
  buildInfo: promise(0),
  command: { carried: { options: 1, answer: 'promise', limit: 'command' } },
  listDatabases: promise(0),
  ping: promise(0),
  removeUser: promise(1),
  replSetGetStatus: promise(0),
  serverInfo: promise(0),
  serverStatus: promise(0),
  validateCollection: promise(1),
};
