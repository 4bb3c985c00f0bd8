import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import { type LoadFigures } from './load-tally.ts';
import { type PoolFigures } from './pool-figures.ts';
import { alignColumns, formatCount, formatMs } from './text.ts';

/** One moment of the run; rates and quantiles are of the last tick. */
export interface Frame {
  readonly load: LoadFigures;
  readonly pools: Readonly<Record<string, PoolFigures>>;
}

/** What one watches during the run. */
export interface LiveView {
  /** How often it wants a frame. */
  readonly tickMs: number;
  show(frame: Frame): void;
  /** Makes room for the summary. */
  end(): void;
}

export const NO_VIEW: LiveView = { tickMs: 1_000, show() {}, end() {} };

export interface ViewTitle {
  readonly name: string;
  readonly url: string;
  readonly durationSeconds: number;
  readonly connections: number;
}

/** Redraws itself on a terminal; anywhere else it prints a line a second. */
export function createLiveView(stream: NodeJS.WriteStream, title: ViewTitle): LiveView {
  if (!stream.isTTY) {
    return { tickMs: 1_000, show: (frame) => stream.write(`${renderLine(frame)}\n`), end() {} };
  }
  const update = createLogUpdate(stream);
  return {
    tickMs: 500,
    show: (frame) => update(renderScreen(title, frame, (style, text) => styleText(style, text, { stream }))),
    end: () => update.clear(),
  };
}

type Style = (style: 'bold' | 'dim' | 'red', text: string) => string;

const BAR_WIDTH = 24;

export function renderScreen(title: ViewTitle, { load, pools }: Frame, style: Style): string {
  const { name, url, durationSeconds, connections } = title;
  const filled = Math.round(Math.min(1, load.seconds / durationSeconds) * BAR_WIDTH);
  const bar = '█'.repeat(filled) + style('dim', '░'.repeat(BAR_WIDTH - filled));
  const errors = `${formatCount(load.errors)} errors`;
  const [head = '', ...rows] = alignColumns([POOL_HEAD, ...Object.entries(pools).map(poolRow)]);
  return [
    '',
    `${style('bold', name)}   a bank at ${url}`,
    style('dim', `${connections} clients read users and profiles, and transfer money`),
    '',
    `${bar}  ${Math.round(load.seconds)} of ${durationSeconds} s`,
    '',
    style('bold', `${formatCount(load.requestsPerSecond)} requests/s`) +
      `   latency p50 ${formatMs(load.p50Ms)}   p99 ${formatMs(load.p99Ms)}`,
    `${formatCount(load.requests)} so far   ${load.errors > 0 ? style('red', errors) : errors}` +
      `   ${formatCount(load.refused)} refused (overdraft)`,
    '',
    style('dim', head),
    ...rows,
    style('dim', 'wait: until a caller had a connection   use: until it gave it back'),
    '',
  ]
    .map((line) => (line === '' ? line : `  ${line}`))
    .join('\n');
}

const POOL_HEAD = ['pool', 'leased', 'idle', 'waiting', 'wait p99', 'use p99'];

function poolRow([role, { leased, max, idle, waiting, waitP99Ms, useP99Ms }]: [
  string,
  PoolFigures,
]): string[] {
  return [
    role,
    `${leased} of ${max}`,
    `${idle}`,
    formatCount(waiting),
    formatMs(waitP99Ms),
    formatMs(useP99Ms),
  ];
}

export function renderLine({ load, pools }: Frame): string {
  const http =
    `${Math.round(load.seconds)} s  ${formatCount(load.requestsPerSecond)} requests/s  ` +
    `p50 ${formatMs(load.p50Ms)}  p99 ${formatMs(load.p99Ms)}  ${load.errors} errors  ${load.refused} refused`;
  const parts = Object.entries(pools).map(
    ([role, { leased, idle, waiting, waitP99Ms, useP99Ms }]) =>
      `${role}: ${leased} leased, ${idle} idle, ${waiting} waiting, ` +
      `wait p99 ${formatMs(waitP99Ms)}, use p99 ${formatMs(useP99Ms)}`,
  );
  return [http, ...parts].join(' | ');
}
