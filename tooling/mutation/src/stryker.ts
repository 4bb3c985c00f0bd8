import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MutationReport } from './report.ts';

const RUNNER = fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'));
const manifest = createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json');

const INCREMENTAL = fileURLToPath(new URL('../../../.cache/mutation.json', import.meta.url));

/** Mutates the files of the package in this folder, in place, and runs its tests against each mutant. */
export async function mutate(
  folder: string,
  files: readonly string[],
  concurrency: number,
): Promise<MutationReport> {
  const config = {
    testRunner: 'vitest',
    plugins: [RUNNER],
    vitest: { configFile: 'vitest.mutation.config.ts', related: false },
    mutate: files,
    inPlace: true,
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    concurrency,
    // Only what the sources and the tests that changed since the last run call for.
    incremental: true,
    incrementalFile: INCREMENTAL,
    timeoutMS: 5_000,
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: 'mutation.json' },
  };
  await writeFile(join(folder, 'stryker.config.json'), JSON.stringify(config));
  const code = await run(join(dirname(manifest), 'bin/stryker.js'), folder);
  if (code !== 0) throw new Error(`Stryker ended with ${code}`);
  return JSON.parse(await readFile(join(folder, 'mutation.json'), 'utf8')) as MutationReport;
}

export async function strykerVersion(): Promise<string> {
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}

function run(script: string, cwd: string): Promise<number | null> {
  const child = spawn(process.execPath, [script, 'run'], { cwd, stdio: ['ignore', 2, 2] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}
