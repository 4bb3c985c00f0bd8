// `npm test -- [package …] [turbo options]`: every package's tests, then one line with the sum.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exec, root, say } from './exec.mjs';

export async function test(args, env) {
  const results = resultFiles();
  // What is there afterwards comes from this run: written by vitest, or restored by turbo's cache.
  for (const file of results) rmSync(file, { force: true });
  const filters = args.map((arg) => (arg.startsWith('-') ? arg : `--filter=@pool/${arg}`));
  // One package at a time: tests of real servers, threads and processes are not to fight each other for the cores.
  const code = await exec('turbo', ['run', 'test', '--continue', '--concurrency=1', ...filters], { env });

  const sum = add(results.filter((file) => existsSync(file)).map(readCounts));
  if (sum.passed + sum.failed === 0) say('no test ran');
  if (code !== 0 && sum.failed === 0) say('no test failed, but a test run did: see above');
  console.log(
    `${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`,
  );
  return code !== 0 || sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

function resultFiles() {
  return ['packages', 'apps', 'tooling'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name, 'test-results', 'results.json')),
  );
}

function readCounts(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  // A file that could not even be loaded has no tests to fail: it counts as one failure.
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function add(counts) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of counts) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}
