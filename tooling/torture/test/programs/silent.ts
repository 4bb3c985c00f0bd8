import { judge, type Program } from '../../src/program.ts';
import { NEVER } from '../../src/time.ts';

export const program: Program = {
  id: 'T6',
  title: 'ends without a word',
  needs: [],
  async run() {
    await NEVER;
    return judge(true, 'never');
  },
};
