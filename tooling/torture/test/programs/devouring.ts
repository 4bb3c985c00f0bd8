import type { Program } from '../../src/program.ts';

export const program: Program = {
  id: 'T5',
  title: 'takes all memory',
  needs: [],
  async run() {
    const hoard: string[][] = [];
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, index) => `${hoard.length}:${index}`));
  },
};
