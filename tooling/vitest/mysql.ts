import type { ViteUserConfig } from 'vitest/config';
import { whyNoMysql } from '../testbed/src/servers/mysql.ts';
import { withServer } from './with-server.ts';

/** One MySQL or MariaDB server for the run: `freshDatabase()` of `@pool/testbed/mysql` gives each test file a database. */
export function withMysql(config: ViteUserConfig, tests = 'test/**'): Promise<ViteUserConfig> {
  return withServer(config, { name: 'MySQL', setup: '@pool/testbed/mysql/setup', why: whyNoMysql }, tests);
}
