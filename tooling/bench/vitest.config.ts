import { config } from '../vitest/config.ts';
import { withMongo } from '../vitest/mongodb.ts';
import { withMysql } from '../vitest/mysql.ts';

export default withMongo(await withMysql(config, 'test/mysql.test.ts'), 'test/mongodb.test.ts');
