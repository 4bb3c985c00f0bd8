import { judge, type Program } from '../../src/program.ts';

export const program: Program = {
  id: 'T1',
  title: 'passes',
  needs: ['use'],
  run: async (adapter) => judge(true, `saw ${adapter.name}`),
};
