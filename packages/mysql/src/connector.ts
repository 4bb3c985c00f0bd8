// Opens and closes connections to one server. Knows nothing of sessions.
import type { CloseReason, CreateContext } from '@pool/core';
import type { Connection, ConnectionOptions } from 'mysql2';
import type { ConnectionSource } from './connection-source.ts';
import type { MysqlConnection } from './connection.ts';
import { internalsOf } from './wire.ts';

// These say that the connection is in a state nobody knows, or that its time is up: no goodbye.
const ABRUPT: ReadonlySet<CloseReason> = new Set(['lost', 'invalid', 'reset', 'overdue']);

/**
 * Opens a connection; the whole handshake ends with the signal, and so does the socket, then and at any later time.
 *
 * @param open makes mysql2's connection, which then begins to connect by itself
 */
export async function connect(
  source: ConnectionSource,
  { signal, lost }: Pick<CreateContext, 'signal' | 'lost'>,
  open: (options: ConnectionOptions) => Connection,
): Promise<MysqlConnection> {
  const options = await source.next();
  signal.throwIfAborted();
  const driver = open(options);
  // Also after its end: mysql2 emits once more when somebody writes to a closed connection.
  driver.on('error', lost);
  driver.on('end', lost);
  signal.addEventListener('abort', () => internalsOf(driver).stream.destroy(), { once: true });
  try {
    await shakeHands(driver, signal);
  } catch (error) {
    internalsOf(driver).stream.destroy();
    throw error;
  }
  // P20: an idle socket lets the process end.
  internalsOf(driver).stream.unref?.();
  return driver.promise() as MysqlConnection;
}

function shakeHands(driver: Connection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    driver.connect((error) => {
      signal.removeEventListener('abort', abort);
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}

/** Resolves when the socket is closed: until then the server counts the connection. */
export async function disconnect(connection: MysqlConnection, reason: CloseReason): Promise<void> {
  const { stream, _command: running } = internalsOf(connection.connection);
  if (stream.closed) return;
  const closed = new Promise((resolve) => {
    stream.once('close', resolve);
  });
  // A goodbye would wait for its turn.
  if (ABRUPT.has(reason) || isBroken(connection) || running !== undefined) stream.destroy();
  else connection.connection.end();
  await closed;
}

export function isBroken({ connection }: MysqlConnection): boolean {
  const { state } = connection;
  return state === 'error' || state === 'disconnected';
}
