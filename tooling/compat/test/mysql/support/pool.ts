import { createPool, type Pool, type PoolOptions } from '@pool/mysql/mysql2';
import { freshDatabase, type MysqlDatabase } from '@pool/testbed/mysql';

/** A pool on a database of its own, with a table `account` (id, name) in it. */
export interface Fixture extends AsyncDisposable {
  readonly pool: Pool;
  readonly server: MysqlDatabase;
}

export async function openFixture(options: PoolOptions = {}): Promise<Fixture> {
  const server = await freshDatabase();
  const pool = createPool({ uri: server.url, connectionLimit: 3, ...options }, { closeGraceMs: 1000 });
  // A failure in the background would be a failure of the test: nothing is left behind here.
  pool.core.on('error', ({ error }) => {
    throw error;
  });
  await pool.query(
    'create table account (id int auto_increment primary key, name varchar(40) not null unique)',
  );
  return {
    pool,
    server,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await server.drop();
    },
  };
}

export const IDS = 'select connection_id() as id';

/** How many statements of this database's sessions are asleep. */
export const SLEEPING =
  "select count(*) as count from information_schema.processlist where db = database() and info like '%sleep(60)'";

/** For what is waited for, on a busy machine. */
export const PATIENCE = { timeout: 20_000 };
