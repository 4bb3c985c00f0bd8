import { judge, type Program } from '../../src/program.ts';
import { NEVER } from '../../src/time.ts';

export const program: Program = {
  id: 'T9',
  title: 'throws where nobody catches it',
  needs: [],
  async run() {
    setImmediate(() => {
      throw new Error('out of the blue');
    });
    await NEVER;
    return judge(true, 'never');
  },
};
