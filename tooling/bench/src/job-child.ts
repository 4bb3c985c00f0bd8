// The child process: measures one scenario of one contestant, sends the figures, and ends.
import type { Job, JobAnswer } from './job.ts';
import { loadSuite } from './suites.ts';

const [job = '{}', directory = '.'] = process.argv.slice(2);
const { suite, scenario, contestant, effort } = JSON.parse(job) as Job;

async function measure(): Promise<JobAnswer> {
  try {
    const loaded = await loadSuite(suite);
    return { figures: await loaded.measure(scenario, contestant, effort, directory) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const answer = await measure();
// Whatever a contestant left running ends with the process.
process.send?.(answer, undefined, undefined, () => process.exit());
