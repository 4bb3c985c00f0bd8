import { config } from '../vitest/config.ts';
import { withMysql } from '../vitest/mysql.ts';

export default withMysql(config, 'test/mysql.test.ts');
