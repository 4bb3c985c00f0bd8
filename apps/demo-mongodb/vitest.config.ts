import { config } from '../../tooling/vitest/config.ts';
import { withMongo } from '../../tooling/vitest/mongodb.ts';

export default withMongo(config);
