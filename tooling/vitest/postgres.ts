import type { ViteUserConfig } from 'vitest/config';
import { whyNoPostgres } from '../testbed/src/servers/postgres.ts';
import { withServer } from './with-server.ts';

/** One Postgres server for the run: `freshDatabase()` of `@pool/testbed/postgres` gives each test file a database. */
export function withPostgres(config: ViteUserConfig, tests = 'test/**'): Promise<ViteUserConfig> {
  return withServer(
    config,
    { name: 'Postgres', setup: '@pool/testbed/postgres/setup', why: whyNoPostgres },
    tests,
  );
}
