import { config } from '../../tooling/vitest/config.ts';
import { withMysql } from '../../tooling/vitest/mysql.ts';

export default withMysql(config);
