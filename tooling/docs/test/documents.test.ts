import { beforeAll, describe, expect, test } from 'vitest';
import { allBlocks } from '../src/documents.ts';
import { runBlock, typecheck, writePrograms } from '../src/program.ts';
import { withDatabases } from './support/databases.ts';

const blocks = allBlocks();

beforeAll(() => writePrograms(blocks));

describe('the code blocks of the documents', () => {
  test(
    'there are some, and each compiles against the packages as they are',
    { timeout: 120_000 },
    async () => {
      expect(blocks.length).toBeGreaterThan(0);
      expect(await typecheck()).toEqual({ code: 0, output: '' });
    },
  );

  test.each(blocks.filter(({ isRun }) => isRun))(
    '$document, line $line: runs to its end as written',
    { timeout: 90_000 },
    async (block) => {
      const { code, output } = await withDatabases(block, (env) => runBlock(block, env));
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    },
  );
});
