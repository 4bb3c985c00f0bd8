import { expect, test } from 'vitest';
import type { Entry } from '../src/catalogue.ts';
import type { Limits } from '../src/job.ts';
import { OURS, POOLS } from '../src/pools.ts';
import type { Program } from '../src/program.ts';
import { runAll } from '../src/runner.ts';

const limits: Limits = { deadlineMs: 10_000, memoryMb: 64 };

async function load(name: string): Promise<Entry> {
  const url = new URL(`programs/${name}.ts`, import.meta.url).href;
  const { program } = (await import(url)) as { program: Program };
  return { url, program };
}

async function outcomeOf(name: string, changes: Partial<Limits> = {}) {
  const [result] = await runAll([await load(name)], [OURS], { limits: { ...limits, ...changes } });
  return { outcome: result?.outcome, evidence: result?.evidence };
}

const cases = [
  { name: 'passing', outcome: 'pass', evidence: 'saw @pool/core' },
  { name: 'failing', outcome: 'FAIL', evidence: 'saw 2 of 1' },
  { name: 'crashing', outcome: 'FAIL', evidence: 'crashed with SIGKILL: it said nothing' },
  { name: 'silent', outcome: 'FAIL', evidence: 'ended silently with code 0, without a verdict' },
  { name: 'telling', outcome: 'pass', evidence: 'ended by itself' },
  {
    name: 'rejecting',
    outcome: 'FAIL',
    evidence: 'unhandled rejection, which ends the process: nobody awaits this',
  },
  {
    name: 'throwing',
    outcome: 'FAIL',
    evidence: 'uncaught exception, which ends the process: out of the blue',
  },
  { name: 'excusing', outcome: 'pass', evidence: 'went on' },
  { name: 'stuck', outcome: '?', evidence: 'the program could not go on: no connection to ask about' },
];

test.each(cases)(
  'the verdict of a $name program is $outcome',
  { timeout: 30_000 },
  async ({ name, outcome, evidence }) => {
    expect(await outcomeOf(name)).toEqual({ outcome, evidence });
  },
);

test('a program that starves the event loop is killed at its deadline', { timeout: 30_000 }, async () => {
  expect(await outcomeOf('hanging', { deadlineMs: 1_000 })).toEqual({
    outcome: 'FAIL',
    evidence: 'hung: killed after 1000 ms',
  });
});

test(
  'a program that takes all memory dies of its own limit, and the evidence says so',
  { timeout: 30_000 },
  async () => {
    const { outcome, evidence } = await outcomeOf('devouring');
    expect(outcome).toBe('FAIL');
    expect(evidence).toMatch(/^crashed with \S+( \d+)?: FATAL ERROR: .*heap/);
  },
);

test('a class is not run against a pool that lacks what it is about, and the reason is told', async () => {
  const tarn = POOLS.filter(({ name }) => name === 'tarn');
  const [result] = await runAll([await load('passing')], tarn, { limits });
  expect(result).toMatchObject({ outcome: 'n/a', evidence: 'it has no use()' });
});

test('results come class by class and pool by pool, whoever is done first', { timeout: 30_000 }, async () => {
  const done: string[] = [];
  const entries = [await load('excusing'), await load('failing')];
  const results = await runAll(entries, [OURS, POOLS[3]!], {
    limits,
    atOnce: 4,
    report: ({ id, pool }) => done.push(`${id} ${pool}`),
  });
  expect(results.map(({ id, pool }) => `${id} ${pool}`)).toEqual([
    'T10 @pool/core',
    'T10 tarn',
    'T2 @pool/core',
    'T2 tarn',
  ]);
  expect(done).toHaveLength(4);
});
