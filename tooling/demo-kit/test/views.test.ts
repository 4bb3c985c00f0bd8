import { describe, expect, it } from 'vitest';
import { renderLine, renderScreen } from '../src/live-view.ts';
import { describeMoneyCheck, isMoneyKept } from '../src/money.ts';
import { renderJson, renderSummary, type Outcome } from '../src/summary.ts';

const load = {
  seconds: 6,
  requests: 74_000,
  requestsPerSecond: 12_345.6,
  errors: 0,
  refused: 12,
  p50Ms: 3.125,
  p99Ms: 123.4,
};
const reader = {
  max: 4,
  leased: 3,
  idle: 1,
  waiting: 0,
  acquired: 900,
  timedOut: 0,
  refused: 0,
  waitP99Ms: 2.0499,
  useP99Ms: 0.8,
};
const writer = { ...reader, max: 1, leased: 1, idle: 0, waiting: 1_234, acquired: 100 };
const pools = { reader, writer };

describe('the live view', () => {
  it('shows the same figures on a screen', () => {
    const title = { name: 'demo', url: 'http://127.0.0.1:1', durationSeconds: 10, connections: 48 };
    expect(renderScreen(title, { load, pools }, (_style, text) => text)).toMatchInlineSnapshot(`
      "
        demo   a bank at http://127.0.0.1:1
        48 clients read users and profiles, and transfer money

        ██████████████░░░░░░░░░░  6 of 10 s

        12,346 requests/s   latency p50 3.13 ms   p99 123 ms
        74,000 so far   0 errors   12 refused (overdraft)

        pool     leased   idle   waiting   wait p99   use p99
        reader   3 of 4      1         0    2.05 ms   0.80 ms
        writer   1 of 1      0     1,234    2.05 ms   0.80 ms
        wait: until a caller had a connection   use: until it gave it back
      "
    `);
  });

  it('shows the same figures in a line', () => {
    expect(renderLine({ load, pools })).toMatchInlineSnapshot(
      `"6 s  12,346 requests/s  p50 3.13 ms  p99 123 ms  0 errors  12 refused | reader: 3 leased, 1 idle, 0 waiting, wait p99 2.05 ms, use p99 0.80 ms | writer: 1 leased, 0 idle, 1234 waiting, wait p99 2.05 ms, use p99 0.80 ms"`,
    );
  });
});

describe('the summary', () => {
  const outcome: Outcome = {
    name: 'demo',
    clients: 48,
    load,
    money: { before: 500_000_00, after: 500_000_00 },
    pool: reader,
    pools,
  };

  it('is two tables and a verdict', () => {
    expect(renderSummary(outcome)).toMatchInlineSnapshot(`
      "demo: 48 clients for 6.0 s
      ┌──────────┬────────────┬─────────┬────────┬────────┬─────────────────────┐
      │ requests │ per second │     p50 │    p99 │ errors │ refused (overdraft) │
      ├──────────┼────────────┼─────────┼────────┼────────┼─────────────────────┤
      │ 74,000   │     12,333 │ 3.13 ms │ 123 ms │      0 │                  12 │
      └──────────┴────────────┴─────────┴────────┴────────┴─────────────────────┘
      ┌────────┬─────────────┬────────┬──────────┬─────────┬───────────┬──────────────┐
      │ pool   │ connections │ leases │ wait p99 │ use p99 │ timed out │ still leased │
      ├────────┼─────────────┼────────┼──────────┼─────────┼───────────┼──────────────┤
      │ reader │      4 of 4 │    900 │  2.05 ms │ 0.80 ms │         0 │            3 │
      ├────────┼─────────────┼────────┼──────────┼─────────┼───────────┼──────────────┤
      │ writer │      1 of 1 │    100 │  2.05 ms │ 0.80 ms │         0 │            1 │
      └────────┴─────────────┴────────┴──────────┴─────────┴───────────┴──────────────┘
      Money: 500,000.00 before, 500,000.00 after. Not a cent was made or lost."
    `);
  });

  it('is one line of JSON for scripts, with the pools by role when there are several', () => {
    const json = renderJson(outcome);
    expect(json).not.toContain('\n');
    expect(JSON.parse(json)).toEqual({
      requests: 74_000,
      errors: 0,
      p50Ms: 3.125,
      p99Ms: 123.4,
      moneyBefore: 500_000_00,
      moneyAfter: 500_000_00,
      pool: {
        ...reader,
        waitP99Ms: 2.05,
        roles: { reader: { ...reader, waitP99Ms: 2.05 }, writer: { ...writer, waitP99Ms: 2.05 } },
      },
    });
    expect(JSON.parse(renderJson({ ...outcome, pools: { pool: reader } })).pool).not.toHaveProperty('roles');
  });
});

describe('the money check', () => {
  it.each([
    [100_00, true, 'Money: 100.00 before, 100.00 after. Not a cent was made or lost.'],
    [99_99, false, 'Money: 100.00 before, 99.99 after. 0.01 LOST.'],
    [100_01, false, 'Money: 100.00 before, 100.01 after. 0.01 MADE.'],
  ])('%i cents of 10000', (after, isKept, verdict) => {
    expect(isMoneyKept({ before: 100_00, after })).toBe(isKept);
    expect(describeMoneyCheck({ before: 100_00, after })).toBe(verdict);
  });
});
