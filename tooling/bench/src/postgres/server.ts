import { POSTGRES_URL, startPostgres, startPrivatePostgres } from '@pool/testbed/postgres';
import { Client } from 'pg';
import type { RestartableServer } from '../database/scenarios/recovery.ts';

const ACCOUNTS = 1000;
const APPLICATION = 'bench';

/** Starts the server of the run, with the table that is read. Child processes find it in their environment. */
export async function prepareServer(): Promise<() => Promise<void>> {
  const server = await startPostgres();
  await withAdmin(server.url, async (admin) => {
    await admin.query('drop table if exists account');
    await admin.query('create table account (id int primary key, name text not null, cents bigint not null)');
    await admin.query(
      "insert into account select id, 'account ' || id, id * 100 from generate_series(1, $1) id",
      [ACCOUNTS],
    );
  });
  process.env[POSTGRES_URL] = server.url;
  return () => server.stop();
}

export function urlOfRun(): string {
  const url = new URL(process.env[POSTGRES_URL] ?? 'postgres://not-set');
  url.searchParams.set('application_name', APPLICATION);
  return url.href;
}

/** Those of the contestant that is measured, as the server sees them. */
export function countConnections(): Promise<number> {
  return withAdmin(process.env[POSTGRES_URL]!, async (admin) => {
    const text = 'select count(*)::int as count from pg_stat_activity where application_name = $1';
    const { rows } = await admin.query<{ count: number }>(text, [APPLICATION]);
    return rows[0]!.count;
  });
}

export async function startRestartable(): Promise<RestartableServer> {
  return startPrivatePostgres();
}

async function withAdmin<T>(url: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
