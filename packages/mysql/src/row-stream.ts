import type { CallDeadline } from '@pool/core';
import type { QueryOptions, QueryValues } from 'mysql2';
import type { MysqlConnection } from './connection.ts';

/** Rows that mysql2 reads ahead while the loop is at work; then it stops reading from the socket. */
const ROWS_AHEAD = 128;

/** Yields the rows of one query as they come. */
export async function* streamRows<Row>(
  { connection }: MysqlConnection,
  sql: string | QueryOptions,
  values: QueryValues | undefined,
  deadline: CallDeadline,
): AsyncGenerator<Row, void, undefined> {
  const query = typeof sql === 'string' ? connection.query(sql, values) : connection.query(sql, values);
  // After an early end its stream no longer listens, and the order to stop makes it fail.
  query.on('error', () => {});
  const rows = query.stream({ highWaterMark: ROWS_AHEAD });
  // mysql2 tells the connection of its death, and not those who read from it.
  const lose = (error?: Error): void => void rows.destroy(error ?? lost());
  connection.once('error', lose);
  connection.once('end', lose);
  const ended = new Promise<void>((resolve) => {
    rows.once('close', resolve);
  });
  const interruption: { reason?: unknown; isThere?: true } = {};
  const bounded = deadline.bound(ended, (reason) => {
    Object.assign(interruption, { reason, isThere: true });
    rows.destroy();
  });
  bounded.catch(() => {});
  try {
    yield* rows as AsyncIterable<Row>;
    if (interruption.isThere) throw interruption.reason;
  } catch (error) {
    throw interruption.isThere ? interruption.reason : error;
  } finally {
    connection.off('error', lose);
    connection.off('end', lose);
  }
}

function lost(): Error {
  return Object.assign(new Error('the server closed the connection'), { fatal: true });
}
