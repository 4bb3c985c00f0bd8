import * as mongodb from '@pool/testbed/mongodb';
import * as mysql from '@pool/testbed/mysql';
import * as postgres from '@pool/testbed/postgres';
import type { Block } from '../../src/block.ts';

type Wish = readonly [
  mentioned: string,
  variable: string,
  fresh: () => Promise<{ url: string; drop(): Promise<void> }>,
];

const WISHES: readonly Wish[] = [
  ['@pool/postgres', 'POSTGRES_URL', () => postgres.freshDatabase()],
  ['@pool/mysql', 'MYSQL_URL', () => mysql.freshDatabase()],
  ['@pool/mongodb', 'MONGODB_URL', () => mongodb.freshDatabase()],
];

/**
 * An empty database for each adapter that a block imports: the first of them is its DATABASE_URL.
 * Who mentions PGBOUNCER_URL gets the way to the Postgres database through PgBouncer, in transaction mode.
 */
export async function withDatabases<R>(
  { code }: Block,
  work: (env: Record<string, string>) => Promise<R>,
): Promise<R> {
  await using cleanUp = new AsyncDisposableStack();
  const env: Record<string, string> = {};
  for (const [mentioned, variable, fresh] of WISHES) {
    if (!code.includes(mentioned)) continue;
    const { url } = cleanUp.adopt(await fresh(), (database) => database.drop());
    env[variable] = url;
    env['DATABASE_URL'] ??= url;
  }
  if (code.includes('PGBOUNCER_URL')) {
    const to = { url: env['POSTGRES_URL']! };
    const pooler = await postgres.startPgBouncer({ to, mode: 'transaction' });
    env['PGBOUNCER_URL'] = cleanUp.adopt(pooler, () => pooler.remove()).url;
  }
  return await work(env);
}
