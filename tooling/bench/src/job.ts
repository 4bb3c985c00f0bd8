// Owns the child processes: one job is one scenario of one contestant, alone in a process of its own.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Effort, Failure, Figures } from './suite.ts';

export interface Job {
  readonly suite: string;
  readonly scenario: string;
  readonly contestant: string;
  readonly effort: Effort;
}

/** What a child process sends, once. */
export type JobAnswer = { readonly figures: Figures } | Failure;

const CHILD = fileURLToPath(new URL('./job-child.ts', import.meta.url));
const FLAGS = ['--expose-gc', '--disable-warning=ExperimentalWarning'];
const SOURCE = '--conditions=@pool/source';

/**
 * Runs the job in a child process. Never rejects: a child that hangs, dies or throws is an answer, too.
 *
 * @param useBuild measure the built packages and not their sources
 */
export async function runJob(job: Job, deadlineMs: number, useBuild: boolean): Promise<JobAnswer> {
  const directory = await mkdtemp(join(tmpdir(), 'pool-bench-'));
  try {
    const child = fork(CHILD, [JSON.stringify(job), directory], {
      execArgv: useBuild ? FLAGS : [...FLAGS, SOURCE],
      serialization: 'advanced',
      // Nothing that a contestant prints may reach our stdout: it belongs to the result.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return await answerOf(child, deadlineMs);
  } finally {
    // Here, and not in the child: a child that was killed cleans up nothing.
    await rm(directory, { recursive: true, force: true });
  }
}

function answerOf(child: ChildProcess, deadlineMs: number): Promise<JobAnswer> {
  return new Promise((resolve) => {
    let answer: JobAnswer | undefined;
    let complaint = '';
    const deadline = setTimeout(() => {
      answer ??= { error: `hung: killed after ${deadlineMs / 1000} s` };
      child.kill('SIGKILL');
    }, deadlineMs);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.on('message', (message) => {
      answer ??= message as JobAnswer;
    });
    child.on('error', (error) => {
      answer ??= { error: error.message };
    });
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      resolve(answer ?? { error: `died with ${signal ?? code}: ${headlineOf(complaint)}` });
    });
  });
}

/** The line of a crash report that names the error. */
function headlineOf(report: string): string {
  const lines = report.split('\n').map((line) => line.trim());
  return lines.find((line) => /Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? 'it said nothing';
}
