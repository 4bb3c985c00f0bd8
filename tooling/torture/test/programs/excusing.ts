import { judge, type Program } from '../../src/program.ts';
import { pause } from '../../src/time.ts';

export const program: Program = {
  id: 'T10',
  title: 'excuses its own errors',
  needs: [],
  excuses: (error) => error instanceof RangeError,
  async run() {
    void Promise.reject(new RangeError('mine'));
    await pause(10);
    return judge(true, 'went on');
  },
};
