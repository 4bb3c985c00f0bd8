import mysql, { type RowDataPacket } from 'mysql2/promise';
import { onTestFinished } from 'vitest';

/** Counts the connections of one user at the server, again and again; survives the server's own troubles. */
export interface Observer {
  /** The most that were seen at once. */
  readonly peak: number;
  stop(): Promise<void>;
}

/** Looks every few milliseconds, until it is stopped or the test is over. */
export function observe(url: string, user: string): Observer {
  let peak = 0;
  const stopping = new AbortController();
  const { signal } = stopping;
  const look = async (): Promise<void> => {
    while (!signal.aborted) await watch().catch(pause);
  };
  const watch = async (): Promise<void> => {
    const connection = await mysql.createConnection(url);
    connection.on('error', () => {});
    try {
      while (!signal.aborted) {
        peak = Math.max(peak, await countOf(connection, user));
        await pause();
      }
    } finally {
      connection.destroy();
    }
  };
  const looking = look();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await looking;
  };
  onTestFinished(stop);
  return {
    get peak() {
      return peak;
    },
    stop,
  };
}

/** Connections that the server counts for this user, without those that stop statements. */
async function countOf(connection: mysql.Connection, user: string): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = ?',
    [user],
  );
  return Number(rows[0]!['n']);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
