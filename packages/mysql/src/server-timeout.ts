import type { ResolvedOptions } from '@pool/core';
import type { RowDataPacket } from 'mysql2';
import type { MysqlConnection } from './connection.ts';

/** The server closes connections that are idle for longer than its `wait_timeout`: then the pool should be first. */
export async function warnOfServerTimeout(
  connection: MysqlConnection,
  { name, idleTimeoutMs, keepaliveIntervalMs }: ResolvedOptions,
): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT @@wait_timeout AS seconds');
  const seconds = Number(rows[0]!['seconds']);
  // A keepalive counts as use on the server.
  if (Math.min(idleTimeoutMs, keepaliveIntervalMs) < seconds * 1_000) return;
  process.emitWarning(
    `pool "${name}": the server closes connections that are idle for ${seconds} s (wait_timeout), the pool's idleTimeoutMs is ` +
      `${idleTimeoutMs}: set it below`,
    'PoolWarning',
  );
}
