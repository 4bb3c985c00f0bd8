import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { PostgresTarget } from './postgres-login.ts';

const PATIENCE_MS = 60_000;

/** Resolves when the server answers a query. @throws its last refusal, when it is gone or a minute has passed */
export async function postgresAnswers(
  target: Omit<PostgresTarget, 'url'>,
  isAlive: () => boolean = () => true,
): Promise<string> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await versionOf(target);
    } catch (error) {
      if (!isAlive() || performance.now() > until) throw error;
      await sleep(20);
    }
  }
}

async function versionOf({
  address,
  user,
  password,
  database,
}: Omit<PostgresTarget, 'url'>): Promise<string> {
  const client = new Client({ ...address, user, password, database, connectionTimeoutMillis: 5000 });
  // A server that is starting cuts connections: what `connect` rejects with says so already.
  client.on('error', () => undefined);
  // Nothing to end when this rejects: pg's `end()` would wait for ever.
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]!.server_version;
  } finally {
    await client.end();
  }
}
