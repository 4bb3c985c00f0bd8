import type { ViteUserConfig } from 'vitest/config';
import { whyNoMongo } from '../testbed/src/servers/mongodb.ts';
import { withServer } from './with-server.ts';

/** One MongoDB server for the run: `freshDatabase()` of `@pool/testbed/mongodb` gives each test file a database. */
export function withMongo(config: ViteUserConfig, tests = 'test/**'): Promise<ViteUserConfig> {
  return withServer(
    config,
    { name: 'MongoDB', setup: '@pool/testbed/mongodb/setup', why: whyNoMongo },
    tests,
  );
}
