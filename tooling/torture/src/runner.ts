// Owns the order of the runs: class by class, pool by pool, a few at a time. The results come in that order, too.
import type { Entry } from './catalogue.ts';
import { LIMITS, runJob, type Limits } from './job.ts';
import type { Adapter } from './pool-under-test.ts';
import { reasonNotToApply, type Finding } from './program.ts';

export type Outcome = Finding | 'n/a';

export interface Result {
  readonly id: string;
  readonly title: string;
  readonly pool: string;
  readonly outcome: Outcome;
  readonly evidence: string;
}

export interface RunOptions {
  readonly limits?: Limits;
  readonly atOnce?: number;
  readonly report?: (result: Result) => void;
}

/** Runs every program against every pool, each in a process of its own. */
export async function runAll(
  entries: readonly Entry[],
  pools: readonly Adapter[],
  { limits = LIMITS, atOnce = 2, report }: RunOptions = {},
): Promise<Result[]> {
  const runs = entries.flatMap((entry) => pools.map((pool) => ({ entry, pool })));
  const results = Array.from<Result>({ length: runs.length });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < runs.length) {
      const index = next++;
      const { entry, pool } = runs[index]!;
      const result = await runOne(entry, pool, limits);
      results[index] = result;
      report?.(result);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

async function runOne({ url, program }: Entry, pool: Adapter, limits: Limits): Promise<Result> {
  const { id, title } = program;
  const reason = reasonNotToApply(program, pool);
  if (reason !== undefined) return { id, title, pool: pool.name, outcome: 'n/a', evidence: reason };
  const { finding, evidence } = await runJob({ url, pool: pool.name }, limits);
  return { id, title, pool: pool.name, outcome: finding, evidence };
}
