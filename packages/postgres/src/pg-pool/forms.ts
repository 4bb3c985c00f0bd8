// Owns the two forms of each of pg-pool's verbs: a promise of the class that was asked for, or a callback.
import type pg from 'pg';

export type Callback = (error: unknown, ...results: never[]) => void;

/** What `client.query` calls a submittable: a cursor, a stream, a query object. */
export interface Submittable extends pg.Submittable {
  callback?: Callback;
  handleError(error: unknown, connection?: unknown): void;
}

export function isSubmittable(query: unknown): query is Submittable {
  return typeof (query as { submit?: unknown } | null | undefined)?.submit === 'function';
}

/** Calls back out of the promise: what a callback throws is an uncaught exception, as it is with pg-pool. */
export function callBack<T>(
  answer: Promise<T>,
  done: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  answer.then(
    (value) => queueMicrotask(() => done(value)),
    (error: unknown) => queueMicrotask(() => failed(error)),
  );
}

/** As a promise of this class. */
export function promiseOf<T>(promiseClass: PromiseConstructorLike, answer: Promise<T>): Promise<T> {
  if (promiseClass === Promise) return answer;
  return new promiseClass<T>((resolve, reject) => void answer.then(resolve, reject)) as Promise<T>;
}
