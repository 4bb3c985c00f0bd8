// `npm run mutate`: mutates the core, and writes docs/mutation.md. Takes long; progress on stderr.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { reasonOf, renderDocument, totalsOf } from './document.ts';
import { scoresOf } from './report.ts';
import { mutate, strykerVersion } from './stryker.ts';
import { MORE_TARGETS, TARGETS } from './targets.ts';
import { copyWorkspace } from './workspace.ts';

const DOCUMENT = new URL('../../../docs/mutation.md', import.meta.url);
const LEAST_SCORE = 0.9;

const USAGE = `usage: npm run mutate -- [options]
  --only <a,b>         only these files, such as src/pool.ts: then docs/mutation.md stays as it is
  --all                more files than those that docs/mutation.md is about by default
  --concurrency <n>    how many mutants at a time (2)`;

function parse(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      all: { type: 'boolean', default: false },
      concurrency: { type: 'string', default: '2' },
    },
  });
  const concurrency = Number(values.concurrency);
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`--concurrency is a whole number of at least 1, got ${values.concurrency}`);
  }
  const usual = values.all ? [...TARGETS, ...MORE_TARGETS] : TARGETS;
  return { files: values.only?.split(',') ?? usual, isComplete: values.only === undefined, concurrency };
}

async function main(args: string[]): Promise<number> {
  const { files, isComplete, concurrency } = parse(args);
  const workspace = await copyWorkspace();
  try {
    const scores = scoresOf(await mutate(workspace.core, files, concurrency));
    const document = renderDocument(scores, await strykerVersion());
    console.log(document);
    if (isComplete) await writeFile(DOCUMENT, document);
    const { killed, mutants } = totalsOf(scores);
    const unexplained = scores
      .flatMap(({ survivors }) => survivors)
      .filter((mutant) => reasonOf(mutant) === undefined);
    process.stderr.write(`${killed} of ${mutants} killed; ${unexplained.length} survivors not looked into\n`);
    return killed / mutants < LEAST_SCORE ? 1 : 0;
  } finally {
    await workspace.remove();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 2;
}
