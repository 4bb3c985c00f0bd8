import Table from 'cli-table3';
import type { Outcome, Result } from './runner.ts';

/** The results of one bug class, by pool. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly results: readonly Result[];
}

export function rowsOf(results: readonly Result[]): Row[] {
  return [...Map.groupBy(results, ({ id }) => id)].map(([id, ofClass]) => ({
    id,
    title: ofClass[0]!.title,
    results: ofClass,
  }));
}

export function poolsOf(results: readonly Result[]): string[] {
  return [...new Set(results.map(({ pool }) => pool))];
}

/** How often each outcome occurs, pool by pool. */
export function tally(results: readonly Result[], pool: string): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { pass: 0, FAIL: 0, '?': 0, 'n/a': 0 };
  for (const result of results) if (result.pool === pool) counts[result.outcome]++;
  return counts;
}

/** For the terminal: the table, and one line for each failure. */
export function renderTable(results: readonly Result[]): string {
  const pools = poolsOf(results);
  const table = new Table({ head: ['', ...pools], style: { head: [], border: [], compact: true } });
  for (const { id, results: ofClass } of rowsOf(results))
    table.push([id, ...ofClass.map(({ outcome }) => outcome)]);
  table.push(['failed', ...pools.map((pool) => String(tally(results, pool).FAIL))]);
  const failures = results.filter(({ outcome }) => outcome === 'FAIL' || outcome === '?');
  return [table.toString(), ...failures.map(({ id, pool, evidence }) => `${id} ${pool}: ${evidence}`)].join(
    '\n',
  );
}
