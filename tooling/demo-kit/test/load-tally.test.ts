import { expect, it } from 'vitest';
import { LoadTally } from '../src/load-tally.ts';

it('counts a refused transfer as an answer, and all else that is not 2xx as an error', () => {
  const tally = new LoadTally(0);
  for (const status of [200, 201, 409, 400, 404, 500, 503]) tally.response(status, 1);
  tally.noResponse();
  expect(tally.total(1_000)).toMatchObject({ requests: 7, refused: 1, errors: 5 });
});

it('gives rate and latency of a tick, then of the next one, then of the whole run', () => {
  const tally = new LoadTally(1_000);
  tally.response(200, 0.25);
  tally.response(200, 0.25);
  const first = tally.tick(1_500);
  expect(first).toMatchObject({ seconds: 0.5, requests: 2, requestsPerSecond: 4 });
  expect(first.p99Ms).toBeCloseTo(0.25, 2);

  tally.response(200, 8);
  const second = tally.tick(2_000);
  expect(second).toMatchObject({ seconds: 1, requests: 3, requestsPerSecond: 2 });
  expect(second.p50Ms).toBeCloseTo(8, 1);

  const total = tally.total(2_000);
  expect(total).toMatchObject({ requests: 3, requestsPerSecond: 3 });
  expect(total.p50Ms).toBeCloseTo(0.25, 2);
  expect(total.p99Ms).toBeCloseTo(8, 1);
});

it('is zero, and not NaN, when nothing was answered', () => {
  expect(new LoadTally(0).tick(0)).toEqual({
    seconds: 0,
    requests: 0,
    requestsPerSecond: 0,
    errors: 0,
    refused: 0,
    p50Ms: 0,
    p99Ms: 0,
  });
});
