import { judge, type Program } from '../../src/program.ts';
import { NEVER } from '../../src/time.ts';

export const program: Program = {
  id: 'T4',
  title: 'is killed',
  needs: [],
  async run() {
    process.kill(process.pid, 'SIGKILL');
    await NEVER;
    return judge(true, 'survived');
  },
};
