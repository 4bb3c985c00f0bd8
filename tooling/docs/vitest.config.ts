import { config } from '../vitest/config.ts';
import { withMongo } from '../vitest/mongodb.ts';
import { withMysql } from '../vitest/mysql.ts';
import { withPostgres } from '../vitest/postgres.ts';

const blocks = 'test/documents.test.ts';

export default withPostgres(await withMysql(await withMongo(config, blocks), blocks), blocks);
