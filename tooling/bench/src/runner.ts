// Owns the order of the measurements: scenario by scenario, and within one round by round through all contestants, so
// that what else the machine does falls on all of them.
import { runJob } from './job.ts';
import { median } from './median.ts';
import type { Effort, Failure, Results, Scenario, Suite } from './suite.ts';

export interface RunOptions {
  readonly rounds: number;
  readonly effort: Effort;
  readonly useBuild: boolean;
  readonly report: (line: string) => void;
}

/** Measures every scenario of the suite; each figure is the median of the rounds. */
export async function runSuite(suite: Suite, options: RunOptions): Promise<Results> {
  const results: Record<string, Results[string]> = {};
  const end = await suite.prepare?.();
  try {
    for (const scenario of suite.scenarios) {
      Object.assign(results, await runScenario(suite, scenario, options));
    }
  } finally {
    await end?.();
  }
  return results;
}

async function runScenario(suite: Suite, scenario: Scenario, options: RunOptions): Promise<Results> {
  const samples = new Map<string, Record<string, number[]>>();
  const failures = new Map<string, Failure>();
  for (let round = 0; round < options.rounds; round++) {
    for (const contestant of rotated(scenario.contestants, round)) {
      // One that failed would fail again, perhaps for a minute.
      if (failures.has(contestant)) continue;
      options.report(`${scenario.name}, round ${round + 1} of ${options.rounds}: ${contestant}`);
      const job = { suite: suite.name, scenario: scenario.name, contestant, effort: options.effort };
      const answer = await runJob(job, scenario.deadlineMs, options.useBuild);
      if ('error' in answer) {
        failures.set(contestant, answer);
        options.report(`${scenario.name}: ${contestant} failed: ${answer.error}`);
      } else {
        collect(samples, contestant, answer.figures);
      }
    }
  }
  return tabulate(scenario, samples, failures);
}

/** Each round starts with another one, so that nobody is always the first. */
function rotated(contestants: readonly string[], round: number): string[] {
  const start = round % contestants.length;
  return [...contestants.slice(start), ...contestants.slice(0, start)];
}

function collect(
  samples: Map<string, Record<string, number[]>>,
  contestant: string,
  figures: Readonly<Record<string, number>>,
): void {
  const known = samples.get(contestant) ?? {};
  for (const [key, value] of Object.entries(figures)) (known[key] ??= []).push(value);
  samples.set(contestant, known);
}

function tabulate(
  scenario: Scenario,
  samples: Map<string, Record<string, number[]>>,
  failures: Map<string, Failure>,
): Results {
  const results: Record<string, Record<string, number | Failure>> = {};
  for (const { key } of scenario.figures) {
    const row: Record<string, number | Failure> = (results[key] = {});
    for (const contestant of scenario.contestants) {
      const values = samples.get(contestant)?.[key];
      row[contestant] =
        failures.get(contestant) ??
        (values === undefined ? { error: 'no such figure' } : rounded(median(values)));
    }
  }
  return results;
}

/** What is beyond this is noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
