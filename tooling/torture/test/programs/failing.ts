import { judge, type Program } from '../../src/program.ts';

export const program: Program = {
  id: 'T2',
  title: 'fails',
  needs: [],
  run: async () => judge(false, 'saw 2 of 1'),
};
