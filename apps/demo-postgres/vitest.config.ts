import { config } from '../../tooling/vitest/config.ts';
import { withPostgres } from '../../tooling/vitest/postgres.ts';

export default withPostgres(config);
