import { config } from '../vitest/config.ts';
import { withMysql } from '../vitest/mysql.ts';
import { withPostgres } from '../vitest/postgres.ts';

export default withMysql(await withPostgres(config, 'test/postgres/**'), 'test/mysql/**');
