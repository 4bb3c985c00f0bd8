// Runs an entry point straight from its TypeScript source: no build stands between an edit and a run.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { exec, fail, root } from './exec.mjs';

const DEFAULT_DATABASE = 'sqlite';

/** `npm run demo -- [database] [args]`: which app that is, and the arguments left for it. */
export function demoMain(args) {
  const named = args.length > 0 && !args[0].startsWith('-');
  const database = named ? args[0] : DEFAULT_DATABASE;
  const main = `apps/demo-${database}/src/main.ts`;
  if (!existsSync(join(root, main))) fail(`no demo for ${database}; there are: ${databases().join(', ')}`);
  return { main, rest: named ? args.slice(1) : args };
}

function databases() {
  const apps = readdirSync(join(root, 'apps'));
  return apps.filter((name) => name.startsWith('demo-')).map((name) => name.slice('demo-'.length));
}

export function runSource(main, args, env) {
  const flags = ['--conditions=@pool/source', '--disable-warning=ExperimentalWarning'];
  return exec('node', [...flags, join(root, main), ...args], { env });
}
