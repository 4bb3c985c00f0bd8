// `npm run torture`: the table on stdout, or with --json one JSON array; progress on stderr; docs/torture.md.
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { loadCatalogue, type Entry } from './catalogue.ts';
import { renderDocument, type Surroundings } from './document.ts';
import type { Adapter } from './pool-under-test.ts';
import { OURS, POOLS } from './pools.ts';
import { runAll, type Result } from './runner.ts';
import { renderTable } from './table.ts';

const DOCUMENT = new URL('../../../docs/torture.md', import.meta.url);

const USAGE = `usage: npm run torture -- [options]
  --only <B1,B7>    only these classes
  --pool <name>     only these pools, by commas: ${POOLS.map(({ name }) => name).join(', ')}
  --json            one JSON array of { id, title, pool, outcome, evidence }
  --no-write        leave docs/torture.md as it is; a run that is not complete does anyway`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function sayResult({ id, pool, outcome }: Result): void {
  say(`${id} ${pool}: ${outcome}`);
}

function parse(args: string[]) {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      only: { type: 'string' },
      pool: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: true },
    },
  });
  return values;
}

/** Those that the list names, in the order of the table; all without a list. */
function pick<T>(all: readonly T[], nameOf: (item: T) => string, list: string | undefined): readonly T[] {
  if (list === undefined) return all;
  const wanted = new Set(list.split(',').map((name) => name.trim().toLowerCase()));
  const picked = all.filter((item) => wanted.delete(nameOf(item).toLowerCase()));
  if (wanted.size > 0) throw new RangeError(`unknown: ${[...wanted].join(', ')}`);
  return picked;
}

async function describeSurroundings(pools: readonly Adapter[]): Promise<Surroundings> {
  const versions: [string, string][] = [];
  const { dependencies } = await readManifest(new URL('../package.json', import.meta.url));
  for (const { packageName } of pools) {
    if (packageName === OURS.packageName) versions.push([packageName, 'of this repository']);
    else versions.push([packageName, dependencies[packageName] ?? 'unknown']);
  }
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    versions: Object.fromEntries(versions),
  };
}

async function readManifest(url: URL): Promise<{ dependencies: Record<string, string> }> {
  return JSON.parse(await readFile(url, 'utf8')) as { dependencies: Record<string, string> };
}

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  const catalogue = await loadCatalogue();
  const entries = pick<Entry>(catalogue, ({ program }) => program.id, options.only);
  const pools = pick<Adapter>(POOLS, ({ name }) => name, options.pool);
  const isComplete = entries.length === catalogue.length && pools.length === POOLS.length;

  const results = await runAll(entries, pools, { report: sayResult });
  console.log(options.json ? JSON.stringify(results, undefined, 2) : renderTable(results));
  if (options.write && isComplete) {
    await writeFile(DOCUMENT, renderDocument(results, await describeSurroundings(pools)));
    say('written: docs/torture.md');
  }
  return results.some(({ pool, outcome }) => pool === OURS.name && outcome !== 'pass') ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
