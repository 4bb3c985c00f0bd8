import Table from 'cli-table3';
import {
  bestPeer,
  isFailure,
  type Failure,
  type Figure,
  type Results,
  type Scenario,
  type Suite,
} from './suite.ts';

/** A scenario as a table, its targets below it. */
export function renderScenario(suite: Suite, scenario: Scenario, results: Results): string {
  const [main, ...others] = scenario.figures;
  const references = referencesOf(suite, scenario, results);
  const table = new Table({
    head: [
      scenario.name,
      main.unit,
      ...references.map(({ title }) => title),
      ...others.map(({ unit }) => unit),
    ],
    colAligns: [
      'left',
      ...references.map(() => 'right' as const),
      ...scenario.figures.map(() => 'right' as const),
    ],
    style: { head: [], border: [] },
  });
  for (const contestant of sorted(scenario, results)) {
    const value = results[main.key]?.[contestant];
    if (isFailure(value)) {
      table.push([
        contestant,
        { content: value.error.slice(0, 90), colSpan: scenario.figures.length + references.length },
      ]);
      continue;
    }
    const ratios = references.map((reference) => formatRatio(value, reference.value));
    table.push([
      contestant,
      formatValue(value),
      ...ratios,
      ...others.map(({ key }) => formatValue(results[key]?.[contestant])),
    ]);
  }
  return [table.toString(), ...renderTargets(suite, scenario, results)].join('\n');
}

interface Reference {
  readonly title: string;
  readonly value: number | undefined;
}

function referencesOf(suite: Suite, scenario: Scenario, results: Results): Reference[] {
  const [main] = scenario.figures;
  const references: Reference[] = [
    {
      title: main.better === 'more' ? 'x fastest peer' : 'x lowest peer',
      value: bestPeer(suite, results, main),
    },
  ];
  const limit = suite.reference === undefined ? undefined : results[main.key]?.[suite.reference];
  if (typeof limit === 'number') references.push({ title: `x ${suite.reference}`, value: limit });
  return references;
}

/** Best first, failures last. */
function sorted(scenario: Scenario, results: Results): string[] {
  const [main] = scenario.figures;
  return scenario.contestants.toSorted(
    (a, b) => rank(main, results[main.key]?.[a]) - rank(main, results[main.key]?.[b]),
  );
}

function rank(figure: Figure, value: number | Failure | undefined): number {
  if (typeof value !== 'number') return Infinity;
  return figure.better === 'more' ? -value : value;
}

function renderTargets(suite: Suite, scenario: Scenario, results: Results): string[] {
  const targets = suite.targets.filter((target) => target.scenario === scenario.name);
  return targets.map((target) => {
    const verdict = target.judge(results);
    if (verdict === undefined) return `target: ${target.text}: not measured`;
    return `target: ${target.text}: ${verdict.isReached ? 'reached' : 'MISSED'} (${verdict.measured})`;
  });
}

function formatRatio(value: number | undefined, reference: number | undefined): string {
  return value === undefined || reference === undefined ? '-' : (value / reference).toFixed(2);
}

function formatValue(value: number | Failure | undefined): string {
  if (typeof value !== 'number') return '-';
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 });
}
