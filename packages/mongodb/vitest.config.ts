import { config } from '../../tooling/vitest/config.ts';
import { withMongo } from '../../tooling/vitest/mongodb.ts';

export default withMongo({
  ...config,
  // Real servers, elections and a busy machine: tests wait for events, and this only ends what would wait for ever.
  test: { ...config.test, testTimeout: 60_000, hookTimeout: 180_000 },
});
