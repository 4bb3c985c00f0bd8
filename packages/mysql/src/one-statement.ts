import type { Connection, FieldPacket, QueryOptions, QueryResult } from 'mysql2';

type Answered = (error: Error | null, rows: unknown, fields: unknown) => void;
type Call = (sql: string | QueryOptions, ...rest: readonly unknown[]) => unknown;

/**
 * Sends one statement; resolves to mysql2's own `[rows, fields]`.
 *
 * As mysql2's promise connection does, but for the call stack: that one takes it before each statement, in case it fails, which costs
 * more than all of the pool. Here `withCallers` takes it when it has failed.
 */
export function send<T extends QueryResult>(
  driver: Pick<Connection, 'query' | 'execute'>,
  verb: 'query' | 'execute',
  sql: string | QueryOptions,
  values: unknown,
): Promise<[T, FieldPacket[]]> {
  return new Promise((resolve, reject) => {
    const answered: Answered = (error, rows, fields) => {
      if (error) reject(error);
      else resolve([rows, fields] as [T, FieldPacket[]]);
    };
    const call = driver[verb].bind(driver) as Call;
    if (values === undefined) call(sql, answered);
    else call(sql, values, answered);
  });
}

/** Gives an error of mysql2, whose stack is that of a socket, the stack of whoever asked. To be called in the function that awaited. */
export function withCallers(error: Error): Error {
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, withCallers);
  const frames = here.stack?.split('\n').slice(1) ?? [];
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}
