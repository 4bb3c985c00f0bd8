import Table from 'cli-table3';
import { type LoadFigures } from './load-tally.ts';
import { describeMoneyCheck, type MoneyCheck } from './money.ts';
import { type PoolFigures } from './pool-figures.ts';
import { formatCount, formatMs } from './text.ts';

/** What the run showed. */
export interface Outcome {
  readonly name: string;
  readonly clients: number;
  readonly load: LoadFigures;
  readonly money: MoneyCheck;
  /** All pools as one, and each by itself, after the last request. */
  readonly pool: PoolFigures;
  readonly pools: Readonly<Record<string, PoolFigures>>;
}

export function renderSummary(outcome: Outcome): string {
  const { name, clients, load, money, pools } = outcome;
  const requests = tableOf(['requests', 'per second', 'p50', 'p99', 'errors', 'refused (overdraft)']);
  requests.push([
    formatCount(load.requests),
    formatCount(load.requests / load.seconds),
    formatMs(load.p50Ms),
    formatMs(load.p99Ms),
    formatCount(load.errors),
    formatCount(load.refused),
  ]);
  const leases = tableOf([
    'pool',
    'connections',
    'leases',
    'wait p99',
    'use p99',
    'timed out',
    'still leased',
  ]);
  for (const [role, figures] of Object.entries(pools)) leases.push([role, ...leaseCells(figures)]);
  return [
    `${name}: ${clients} clients for ${load.seconds.toFixed(1)} s`,
    requests.toString(),
    leases.toString(),
    describeMoneyCheck(money),
  ].join('\n');
}

function leaseCells({ leased, idle, max, acquired, waitP99Ms, useP99Ms, timedOut }: PoolFigures): string[] {
  return [
    `${leased + idle} of ${max}`,
    formatCount(acquired),
    formatMs(waitP99Ms),
    formatMs(useP99Ms),
    formatCount(timedOut),
    formatCount(leased),
  ];
}

/** Without colours: a summary is also read in files. */
function tableOf(head: string[]): Table.Table {
  return new Table({
    head,
    style: { head: [], border: [] },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
}

/** One line of JSON, for scripts. */
export function renderJson({ load, money, pool, pools }: Outcome): string {
  const figures = Object.fromEntries(Object.entries(pools).map(([role, each]) => [role, rounded(each)]));
  return JSON.stringify({
    requests: load.requests,
    errors: load.errors,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    moneyBefore: money.before,
    moneyAfter: money.after,
    pool: { ...rounded(pool), ...(Object.keys(figures).length > 1 ? { roles: figures } : {}) },
  });
}

function rounded(figures: PoolFigures): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Math.round(value * 1000) / 1000]),
  );
}
