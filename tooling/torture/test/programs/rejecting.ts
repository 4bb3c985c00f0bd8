import { judge, type Program } from '../../src/program.ts';

export const program: Program = {
  id: 'T8',
  title: 'leaves a rejection unhandled',
  needs: [],
  async run() {
    void Promise.reject(new Error('nobody awaits this'));
    return judge(true, 'thinks that all is well');
  },
};
