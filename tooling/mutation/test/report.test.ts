import { expect, test } from 'vitest';
import { renderDocument, totalsOf } from '../src/document.ts';
import { scoresOf, type MutationReport } from '../src/report.ts';

const mutant = (status: string, line: number, columns: [number, number], replacement: string) => ({
  mutatorName: 'ConditionalExpression',
  status,
  replacement,
  location: { start: { line, column: columns[0] }, end: { line, column: columns[1] } },
});

const REPORT: MutationReport = {
  files: {
    'src/internal/some.ts': {
      source: 'if (a > b)\n  c();\n',
      mutants: [
        mutant('Killed', 1, [5, 10], 'true'),
        mutant('Timeout', 1, [5, 10], 'false'),
        mutant('Survived', 1, [5, 10], 'a >= b'),
        mutant('NoCoverage', 2, [3, 7], ''),
        mutant('Ignored', 2, [3, 7], 'd();'),
      ],
    },
  },
};

test('a mutant is killed by a failing test or an endless one; one that no test reaches survives', () => {
  expect(totalsOf(scoresOf(REPORT))).toEqual({ mutants: 4, killed: 2 });
});

test('each survivor is listed with its place, what it was and what it became', () => {
  const document = renderDocument(scoresOf(REPORT), '1.2.3');

  expect(document).toContain('| **all** | **4** | **2** | **50.0 %** |');
  expect(document).toContain('| some.ts:1 | `a > b` | `a >= b` | not looked into |');
  expect(document).toContain('| some.ts:2 | `c();` | (nothing) | not looked into |');
});
