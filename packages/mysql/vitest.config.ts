import { config } from '../../tooling/vitest/config.ts';
import { withMysql } from '../../tooling/vitest/mysql.ts';

// Each test waits for what it expects, on a machine that may be busy: the limit is for what never comes.
const patient = { ...config, test: { ...config.test, testTimeout: 60_000, hookTimeout: 60_000 } };

export default withMysql(patient);
