// `npm run simulate`: pools of the core under random faults, in virtual time. Findings on stdout, progress on stderr.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Finding } from './portion.ts';
import { run, type Summary } from './run.ts';

const USAGE = `usage: npm run simulate -- [options]
  --seeds <n>    how many seeds: each is a pool of its own (2000)
  --steps <n>    steps of each (200)
  --seed <n>     the first seed (1); with --seeds 1 a finding again
  --workers <n>  threads (as many as there are processors)`;

const REPORT_EVERY_MS = 5_000;

function parse(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: 'string', default: '2000' },
      steps: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const count = (name: keyof typeof values): number => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`--${name} is a whole number of at least 1, got ${values[name]}`);
    }
    return value;
  };
  return { seeds: count('seeds'), steps: count('steps'), seed: count('seed'), workers: count('workers') };
}

function describe({ seeds, steps, elapsedMs, findings }: Summary): string {
  const perSecond = (amount: number): string => Math.round(amount / (elapsedMs / 1_000)).toLocaleString('en');
  return [
    `${seeds.toLocaleString('en')} schedules, ${steps.toLocaleString('en')} steps in ${(elapsedMs / 1_000).toFixed(1)} s`,
    `(${perSecond(seeds)} schedules/s, ${perSecond(steps)} steps/s): ${findings.length} findings`,
  ].join(' ');
}

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  let reportedAt = performance.now();
  const summary = await run({
    ...options,
    workers: Math.min(options.workers, options.seeds),
    onProgress: (done) => {
      if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
      reportedAt = performance.now();
      process.stderr.write(`${describe(done)}\n`);
    },
    onFinding: ({ message }: Finding) => console.log(`${message}\n`),
  });
  console.log(describe(summary));
  return summary.findings.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 2;
}
