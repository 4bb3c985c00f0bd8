// A small bank on Postgres: `npm run demo -- postgres` drives it, `npm run demo -- postgres --serve` serves it.
import { loadConfig } from '@pool/config';
import { runDemo, withDatabase } from '@pool/demo-kit';
import { createPostgresPool } from '@pool/postgres';
import { PostgresBank } from './bank.ts';

process.exitCode = await runDemo({
  name: 'demo-postgres',
  async open() {
    // Without DATABASE_URL it starts a server of its own, and loads what that takes only then.
    const { env, stop } = await withDatabase(process.env, async () => {
      const { startPostgres: start, freshDatabase } = await import('@pool/testbed/postgres');
      return { start, freshDatabase };
    });
    const config = loadConfig(env, {
      driver: 'postgres',
      preset: 'web',
      pool: { name: 'bank', acquireTimeout: '2s', maxWaiting: 1_000 },
    });
    return new PostgresBank(createPostgresPool(config), stop);
  },
});
