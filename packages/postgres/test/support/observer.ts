import { Client } from 'pg';
import { onTestFinished } from 'vitest';

/** Counts the connections of an application at the server, again and again; survives the server's own troubles. */
export interface Observer {
  /** The most that were seen at once. */
  readonly peak: number;
  stop(): Promise<void>;
}

/** The name by which the connections under test are known at the server. */
export const UNDER_TEST = 'under-test';

const COUNT =
  'select count(*)::int as n from pg_stat_activity where application_name = $1 and datname = current_database()';

/** Looks every few milliseconds, until it is stopped or the test is over. */
export function observe(url: string): Observer {
  let peak = 0;
  const stopping = new AbortController();
  const { signal } = stopping;
  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      const client = new Client({ connectionString: url, application_name: 'observer' });
      client.on('error', () => undefined);
      try {
        await client.connect();
        for (;;) {
          const { rows } = await client.query<{ n: number }>(COUNT, [UNDER_TEST]);
          peak = Math.max(peak, rows[0]!.n);
          if (signal.aborted) break;
          await pause();
        }
        await client.end();
      } catch {
        // The server is down: it has no connections to count.
        await pause();
      }
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

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
