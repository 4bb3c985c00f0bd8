import { expect, test } from 'vitest';
import { blocksOf } from '../src/block.ts';

test('a TypeScript block is found with its line, and other fences are not', () => {
  const found = blocksOf('a.md', 'text\n```sh\nls\n```\n```ts\nconst a = 1;\n```\n```ts no-run\nb();\n```\n');

  expect(found).toEqual([
    { document: 'a.md', line: 5, code: 'const a = 1;\n', isRun: true },
    { document: 'a.md', line: 8, code: 'b();\n', isRun: false },
  ]);
});

test('a fence that is not closed is an error with its place, and not a block that reaches to the end', () => {
  expect(() => blocksOf('a.md', 'text\n```ts\nconst a = 1;\n')).toThrow('a.md:2: a fence that is not closed');
});
