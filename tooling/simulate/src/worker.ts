// Simulates the seeds that it is given, and tells what came of them.

import { parentPort, workerData } from 'node:worker_threads';
import { simulate, SimulationError } from '@pool/testing';
import type { Portion, Result } from './portion.ts';

const { steps } = workerData as { readonly steps: number };

/** Goes on after a seed that breaks a rule. */
async function work({ from, until }: Portion): Promise<Result> {
  const findings: { seed: number; message: string }[] = [];
  let done = 0;
  for (let seed = from; seed < until;) {
    try {
      const report = await simulate({ seed, seeds: until - seed, steps });
      done += report.steps;
      seed = until;
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      findings.push({ seed: error.seed, message: error.message });
      done += (error.seed - seed) * steps;
      seed = error.seed + 1;
    }
  }
  return { seeds: until - from, steps: done, findings };
}

parentPort!.on('message', (portion: Portion) => {
  void work(portion).then((result) => parentPort!.postMessage(result));
});
