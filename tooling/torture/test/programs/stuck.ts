import type { Program } from '../../src/program.ts';

export const program: Program = {
  id: 'T11',
  title: 'does not get as far as its question',
  needs: [],
  run: () => Promise.reject(new Error('no connection to ask about')),
};
