// Owns the child processes: one job is one program against one pool, alone in a process of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './program.ts';

export interface Job {
  /** The module of the program. */
  readonly url: string;
  readonly pool: string;
}

export interface Limits {
  readonly deadlineMs: number;
  readonly memoryMb: number;
}

export const LIMITS: Limits = Object.freeze({ deadlineMs: 15_000, memoryMb: 256 });

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Runs the job. Never rejects: a child that hangs, dies or ends without a word is a verdict, too. */
export function runJob(job: Job, limits: Limits = LIMITS): Promise<Verdict> {
  const flags = [
    '--conditions=@pool/source',
    '--disable-warning=ExperimentalWarning',
    `--max-old-space-size=${limits.memoryMb}`,
  ];
  const child = spawn(process.execPath, [...flags, CHILD, job.url, job.pool], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  return verdictOf(child, limits.deadlineMs);
}

function verdictOf(child: ChildProcess, deadlineMs: number): Promise<Verdict> {
  return new Promise((resolve) => {
    let isHung = false;
    const deadline = setTimeout(() => {
      isHung = true;
      child.kill('SIGKILL');
    }, deadlineMs);
    const complaint = collect(child.stdio[2] as Readable);
    const answer = collect(child.stdio[3] as Readable);
    child.on('error', (error) => {
      complaint.text += error.message;
    });
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      if (answer.text !== '') resolve(JSON.parse(answer.text) as Verdict);
      else
        resolve({
          finding: 'FAIL',
          evidence: isHung ? describeHang(deadlineMs) : describeEnd(code, signal, complaint.text),
        });
    });
  });
}

function collect(stream: Readable): { text: string } {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (text: string) => {
    collected.text += text;
  });
  return collected;
}

function describeHang(deadlineMs: number): string {
  return `hung: killed after ${deadlineMs} ms`;
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null, complaint: string): string {
  // 13: an await at the top level that nothing could settle any more.
  if (code === 0 || code === 13) return `ended silently with code ${code}, without a verdict`;
  return `crashed with ${signal ?? `code ${code}`}: ${headlineOf(complaint)}`;
}

/** The line of a crash report that names the error. */
function headlineOf(report: string): string {
  const lines = report.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /(Error|ERROR)\b/.test(line)) ??
    lines.find((line) => line !== '') ??
    'it said nothing'
  );
}
