// `npm run bench -- <suite>`: tables on stdout, or with --json one JSON object; progress on stderr.
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import { runSuite } from './runner.ts';
import { isFailure, type Effort, type Results, type Scenario, type Suite } from './suite.ts';
import { loadSuite, SUITE_NAMES } from './suites.ts';
import { renderScenario } from './table.ts';

const FULL: Effort = { warmupMs: 250, measureMs: 500, share: 1 };
const QUICK: Effort = { warmupMs: 50, measureMs: 100, share: 1 };
const ROUNDS = 5;

const USAGE = `usage: npm run bench -- <${SUITE_NAMES.join(' | ')}> [options]
  --json               one JSON object: figure -> contestant -> median, or { "error" }
  --quick              one short round: shows that all runs, its figures are worth little
  --rounds <n>         rounds, each in new processes; the figure is their median (default ${ROUNDS})
  --scenario <text>    only the scenarios whose name contains it; may be repeated
  --contestant <text>  only these contestants, likewise
  --build              measure the built packages instead of their sources`;

const report = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      scenario: { type: 'string', multiple: true, default: [''] },
      contestant: { type: 'string', multiple: true, default: [''] },
      build: { type: 'boolean', default: false },
    },
  });
  const [suite, ...more] = positionals;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : ROUNDS));
  if (suite === undefined || more.length > 0) throw new RangeError('one suite is needed');
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new RangeError('--rounds is a number of at least 1');
  return { ...values, suite, rounds };
}

/** The suite without the scenarios and contestants that nobody asked for. */
function narrow(suite: Suite, scenarios: readonly string[], contestants: readonly string[]): Suite {
  const left: Scenario[] = [];
  for (const scenario of suite.scenarios) {
    const remaining = scenario.contestants.filter((name) => isWanted(name, contestants));
    if (isWanted(scenario.name, scenarios) && remaining.length > 0)
      left.push({ ...scenario, contestants: remaining });
  }
  if (left.length === 0) throw new RangeError('no scenario has such a name and such a contestant');
  return { ...suite, scenarios: left };
}

function isWanted(name: string, texts: readonly string[]): boolean {
  return texts.some((text) => name.includes(text));
}

/** A peer that fails is a result; ours is not supposed to. */
function hasBroken(suite: Suite, results: Results): boolean {
  return Object.values(results).some((figure) => isFailure(figure[suite.ours]));
}

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  const suite = narrow(await loadSuite(options.suite), options.scenario, options.contestant);
  const machine = describeMachine();
  report(machine);
  const { rounds, build: useBuild } = options;
  const results = await runSuite(suite, { rounds, useBuild, effort: options.quick ? QUICK : FULL, report });
  if (options.json) {
    console.log(JSON.stringify(results, undefined, 2));
  } else {
    console.log(`${machine}\nmedians of ${rounds} round(s)${options.quick ? ', quick' : ''}\n`);
    for (const scenario of suite.scenarios) console.log(`${renderScenario(suite, scenario, results)}\n`);
  }
  return hasBroken(suite, results) ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  report(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
