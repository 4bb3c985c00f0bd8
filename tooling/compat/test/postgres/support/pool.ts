import { Pool } from '@pool/postgres/pg-pool';
import { freshDatabase, type PostgresTarget } from '@pool/testbed/postgres';

/** A pool on a database of its own, with a table `account` (id, name) in it. */
export interface Fixture extends AsyncDisposable {
  readonly pool: Pool;
  readonly server: PostgresTarget;
}

export async function openFixture(): Promise<Fixture> {
  const server = await freshDatabase();
  const pool = new Pool({ connectionString: server.url, max: 3, core: { closeGraceMs: 1000 } });
  // A failure in the background would be a failure of the test: nothing is left behind here.
  pool.core.on('error', ({ error }) => {
    throw error;
  });
  await pool.query('create table account (id serial primary key, name text not null unique)');
  return {
    pool,
    server,
    async [Symbol.asyncDispose]() {
      if (!pool.ending) await pool.end();
      await server.drop();
    },
  };
}

export const PID = 'select pg_backend_pid() as pid';

/** Statements that sleep now, as seen by a caller that does not. */
export const SLEEPING = `select count(*)::int as count from pg_stat_activity
  where query like 'select pg_sleep%' and state = 'active' and datname = current_database()`;
