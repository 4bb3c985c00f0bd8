import { judge, type Program } from '../../src/program.ts';
import { NEVER } from '../../src/time.ts';

export const program: Program = {
  id: 'T7',
  title: 'has a verdict for its end',
  needs: [],
  async run(_adapter, context) {
    context.atExit(() => judge(true, 'ended by itself'));
    await NEVER;
    return judge(false, 'never');
  },
};
