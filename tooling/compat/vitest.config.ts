import { config } from '../vitest/config.ts';
import { withMysql } from '../vitest/mysql.ts';
import { withPostgres } from '../vitest/postgres.ts';

// For a busy machine.
const patient = { ...config, test: { ...config.test, testTimeout: 30_000, hookTimeout: 30_000 } };

export default withMysql(await withPostgres(patient, 'test/postgres/**'), 'test/mysql/**');
