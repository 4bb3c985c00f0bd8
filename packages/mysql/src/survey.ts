// What the pool asks of a server once, not of each connection.
import type { RowDataPacket } from 'mysql2';
import type { MysqlConnection } from './connection.ts';
import { isServerError } from './server-errors.ts';

export interface Survey {
  /** The server closes connections that are idle for longer. */
  readonly waitTimeoutMs: number;
  readonly isReadOnly: boolean;
}

/** A server that cannot say is taken for one that waits for ever and takes writes. */
const UNKNOWN: Survey = { waitTimeoutMs: Infinity, isReadOnly: false };

export async function survey(connection: MysqlConnection): Promise<Survey> {
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT @@wait_timeout AS seconds, @@global.read_only AS readOnly',
    );
    const { seconds, readOnly } = rows[0] as { seconds: unknown; readOnly: unknown };
    // MySQL says 0 or 1, newer MariaDB also OFF and names of levels.
    return { waitTimeoutMs: Number(seconds) * 1_000, isReadOnly: !['0', 'OFF'].includes(String(readOnly)) };
  } catch (error) {
    if (isServerError(error)) return UNKNOWN;
    throw error;
  }
}

/** Advice for a person, once: a connection that the server closes first is found dead by a borrower. */
export function warnOfServerTimeout(
  { waitTimeoutMs }: Survey,
  {
    name,
    idleTimeoutMs,
    keepaliveIntervalMs,
  }: { name: string; idleTimeoutMs: number; keepaliveIntervalMs: number },
): void {
  // A keepalive counts as use on the server.
  if (Math.min(idleTimeoutMs, keepaliveIntervalMs) < waitTimeoutMs) return;
  process.emitWarning(
    `pool "${name}": the server closes connections that are idle for ${waitTimeoutMs} ms (wait_timeout): ` +
      `idleTimeoutMs (${idleTimeoutMs}) should be shorter`,
    'PoolWarning',
  );
}
