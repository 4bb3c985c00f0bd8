import { library } from '../../tooling/build/library.ts';

export default library(['src/index.ts', 'src/pg-pool.ts']);
