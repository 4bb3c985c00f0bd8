import type { Program } from '../../src/program.ts';

export const program: Program = {
  id: 'T3',
  title: 'starves the event loop',
  needs: [],
  async run() {
    for (;;) await Promise.resolve();
  },
};
