import { Worker } from 'node:worker_threads';
import type { Finding, Portion, Result } from './portion.ts';

export interface Run {
  /** The first seed. */
  readonly seed: number;
  readonly seeds: number;
  /** Of each seed. */
  readonly steps: number;
  readonly workers: number;
  /** Hears of the progress, and of each finding as it comes. */
  readonly onProgress?: (done: Summary) => void;
  readonly onFinding?: (finding: Finding) => void;
}

export interface Summary {
  seeds: number;
  steps: number;
  elapsedMs: number;
  findings: Finding[];
}

// Small enough that the workers end together, large enough that telling costs nothing.
const PORTION = 25;

/** Simulates all the seeds, spread over worker threads. */
export async function run({ seed, seeds, steps, workers, onProgress, onFinding }: Run): Promise<Summary> {
  const startedAt = performance.now();
  const summary: Summary = { seeds: 0, steps: 0, elapsedMs: 0, findings: [] };
  const portions = portionsOf(seed, seeds);
  const note = (result: Result): void => {
    summary.seeds += result.seeds;
    summary.steps += result.steps;
    summary.elapsedMs = performance.now() - startedAt;
    for (const finding of result.findings) onFinding?.(finding);
    summary.findings.push(...result.findings);
    onProgress?.(summary);
  };
  await Promise.all(Array.from({ length: workers }, () => employ(steps, portions, note)));
  return summary;
}

function* portionsOf(seed: number, seeds: number): Generator<Portion, undefined> {
  for (let from = seed; from < seed + seeds; from += PORTION) {
    yield { from, until: Math.min(from + PORTION, seed + seeds) };
  }
}

/** Gives one worker a portion after the other, until none is left. */
async function employ(
  steps: number,
  portions: Iterator<Portion, undefined>,
  note: (result: Result) => void,
): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { steps } });
  try {
    for (let next = portions.next(); next.done !== true; next = portions.next()) {
      note(await ask(worker, next.value));
    }
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, portion: Portion): Promise<Result> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (result: Result) => {
      worker.off('error', reject);
      resolve(result);
    });
    worker.postMessage(portion);
  });
}
