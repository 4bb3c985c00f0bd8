import { expect, it } from 'vitest';
import { figuresByRole, figuresOfAll } from '../src/pool-figures.ts';
import { histogramOf, metricsOf } from './fake-metrics.ts';

const before = {
  reader: metricsOf({ acquired: 1_000, waitMs: histogramOf({ 500: 1_000 }) }),
  writer: metricsOf({ acquired: 10, waitMs: histogramOf({ 1: 10 }) }),
};
const now = {
  reader: metricsOf({
    gauges: { max: 4, leased: 3, idle: 1, waiting: 2 },
    acquired: 1_098,
    waitMs: histogramOf({ 1: 98, 500: 1_000 }),
  }),
  writer: metricsOf({
    gauges: { max: 1, leased: 1, idle: 0, waiting: 5 },
    acquired: 12,
    waitMs: histogramOf({ 1: 10, 20: 2 }),
  }),
};

it('takes gauges as they are, counters and quantiles since the moment before', () => {
  expect(figuresByRole(now, before)).toMatchObject({
    reader: { max: 4, leased: 3, idle: 1, waiting: 2, acquired: 98, waitP99Ms: 1 },
    writer: { max: 1, leased: 1, idle: 0, waiting: 5, acquired: 2, waitP99Ms: 20 },
  });
});

it('adds pools up, and takes the quantile over all of their waits', () => {
  expect(figuresOfAll(now, before)).toMatchObject({
    max: 5,
    leased: 4,
    idle: 1,
    waiting: 7,
    acquired: 100,
    waitP99Ms: 20,
    useP99Ms: 0,
  });
});

it('has a p99 of 0 when nothing happened since', () => {
  expect(figuresByRole(now, now)['reader']).toMatchObject({ acquired: 0, waitP99Ms: 0 });
});

it('takes a pool that was not there before from its beginning', () => {
  expect(figuresByRole(now, {})['reader']).toMatchObject({ acquired: 1_098, waitP99Ms: 500 });
});
