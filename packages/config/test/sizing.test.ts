import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkFleet,
  connectionsForServer,
  connectionsForThroughput,
  connectionsForWait,
  connectionsPerInstance,
  sizePool,
} from '../src/index.ts';
import { erlangC, waitBeyond } from '../src/erlang.ts';
import { simulateWaits } from './support/simulate-waits.ts';

/** By the textbook, with factorials: C = (a^c / c!) (c / (c - a)) / (sum of a^k / k! for k < c + the same term). */
function byFactorials(servers: number, load: number): number {
  const term = (k: number): number => {
    let value = 1;
    for (let i = 1; i <= k; i++) value *= load / i;
    return value;
  };
  const last = (term(servers) * servers) / (servers - load);
  let sum = last;
  for (let k = 0; k < servers; k++) sum += term(k);
  return last / sum;
}

const servers = fc.integer({ min: 1, max: 60 });
/** Busy, but not all of the time. */
const utilization = fc.double({ min: 0.01, max: 0.99, noNaN: true });

describe('Erlang C', () => {
  // A. K. Erlang's values as printed in tables of teletraffic engineering.
  test.each([
    [1, 0.5, 0.5],
    [2, 1, 0.3333],
    [3, 2, 0.4444],
    [5, 4, 0.5541],
    [10, 8, 0.4092],
    [20, 15, 0.1604],
    [100, 90, 0.2169],
  ])('with %i servers and %d erlangs is %d, as in the tables', (c, load, probability) => {
    expect(erlangC(c, load)).toBeCloseTo(probability, 4);
  });

  test('is the textbook’s formula with factorials', () => {
    fc.assert(
      fc.property(servers, utilization, (c, rho) => {
        expect(erlangC(c, c * rho)).toBeCloseTo(byFactorials(c, c * rho), 9);
      }),
    );
  });

  test('is a probability that falls with servers and rises with load', () => {
    fc.assert(
      fc.property(servers, utilization, (c, rho) => {
        const waits = erlangC(c, c * rho);

        expect(waits).toBeGreaterThanOrEqual(0);
        expect(waits).toBeLessThanOrEqual(1);
        expect(erlangC(c + 1, c * rho)).toBeLessThan(waits);
        expect(erlangC(c, c * rho * 0.9)).toBeLessThan(waits);
      }),
    );
  });

  test('is 1 when the load is as much as the servers can do, and stays finite for ten thousand of them', () => {
    expect([erlangC(4, 4), erlangC(4, 9), waitBeyond(1, 4, 4)]).toEqual([1, 1, 1]);
    expect(erlangC(10_000, 9_900)).toBeGreaterThan(0.2);
    expect(erlangC(10_000, 9_900)).toBeLessThan(0.4);
  });

  test.each([
    { connections: 1, load: 0.7, holds: 1 },
    { connections: 4, load: 3, holds: 0.5 },
    { connections: 10, load: 9, holds: 0.2 },
  ])('predicts the waits of a simulated queue: $connections connections, $load busy', (queue) => {
    const waits = simulateWaits({ ...queue, arrivals: 400_000, seed: 7 });

    expect(waits.filter((wait) => wait > 0).length / waits.length).toBeCloseTo(
      erlangC(queue.connections, queue.load),
      1.7,
    );
    const late = waits.filter((wait) => wait > queue.holds).length / waits.length;
    expect(late).toBeCloseTo(waitBeyond(queue.holds, queue.connections, queue.load), 1.7);
  });
});

describe('connectionsForWait', () => {
  const load = fc.record({
    arrivalsPerSecond: fc.integer({ min: 1, max: 2_000 }),
    holdMs: fc.integer({ min: 1, max: 100 }),
    waitMs: fc.integer({ min: 0, max: 200 }),
    probability: fc.constantFrom(0.5, 0.9, 0.99, 0.999),
  });

  test('is enough, and one less would not be', () => {
    fc.assert(
      fc.property(load, (options) => {
        const { connections } = connectionsForWait(options);
        const { arrivalsPerSecond, holdMs, waitMs, probability } = options;
        const late = (c: number) => waitBeyond(waitMs / holdMs, c, (arrivalsPerSecond * holdMs) / 1000);

        expect(late(connections)).toBeLessThanOrEqual(1 - probability);
        expect(late(connections - 1)).toBeGreaterThan(1 - probability);
      }),
    );
  });

  test('is never less than throughput asks for, and says which of the two decided', () => {
    fc.assert(
      fc.property(load, (options) => {
        const least = connectionsForThroughput(options).connections;
        const { connections, rule } = connectionsForWait(options);

        expect(connections).toBeGreaterThanOrEqual(least);
        expect(rule).toBe(connections === least ? 'throughput' : 'wait');
      }),
    );
  });

  test('says the numbers in a sentence', () => {
    expect(connectionsForWait({ arrivalsPerSecond: 400, holdMs: 10, waitMs: 5 })).toEqual({
      connections: 8,
      rule: 'wait',
      sentence:
        '400/s x 10 ms keep 4 connections busy; with 8 a caller waits at most 5 ms with probability 0.99',
    });
  });

  test('promises nothing for certain', () => {
    const certain = { arrivalsPerSecond: 1, holdMs: 1, waitMs: 1, probability: 1 };
    expect(() => connectionsForWait(certain)).toThrow('probability: expected less than 1');
  });
});

describe('connectionsForThroughput', () => {
  test.each([
    [100, 5, 1],
    [1_000, 2, 3],
    [1_000, 2.5, 3],
    [0, 10, 1],
  ])('%i/s of %d ms need %i connections: more than are busy', (arrivalsPerSecond, holdMs, connections) => {
    expect(connectionsForThroughput({ arrivalsPerSecond, holdMs })).toMatchObject({
      connections,
      rule: 'throughput',
    });
  });
});

describe('connectionsForServer', () => {
  test('is cores x 2 + spindles', () => {
    expect(connectionsForServer({ cores: 4, spindles: 1 })).toEqual({
      connections: 9,
      rule: 'server-cores',
      sentence: '4 cores x 2 + 1 spindles: 9 queries at once, over all instances',
    });
    expect(connectionsForServer({ cores: 0.25 }).connections).toBe(1);
  });
});

describe('connectionsPerInstance', () => {
  test('is 70 % of what is not reserved, for the instances and those of a rollout', () => {
    expect(connectionsPerInstance({ maxConnections: 100, instances: 5 })).toEqual({
      connections: 11,
      rule: 'share-of-server',
      sentence: '100 connections less 3 reserved, 70 % of them, for 5 + 1 instances: 11 each',
    });
  });

  test('is 0 when there are too many instances, and says what to do', () => {
    const { connections, sentence } = connectionsPerInstance({ maxConnections: 100, instances: 200 });

    expect(connections).toBe(0);
    expect(sentence).toContain('a pooler such as PgBouncer');
  });

  test('always fits: checkFleet agrees', () => {
    const fleet = fc.record({
      maxConnections: fc.integer({ min: 20, max: 5_000 }),
      instances: fc.integer({ min: 1, max: 50 }),
      surge: fc.integer({ min: 0, max: 10 }),
      reserved: fc.integer({ min: 0, max: 10 }),
      share: fc.double({ min: 0.1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fleet, (options) => {
        const { connections: max } = connectionsPerInstance(options);

        expect(checkFleet({ ...options, pools: { orders: { max } } }).fits).toBe(true);
      }),
    );
  });
});

describe('sizePool', () => {
  const server = { cores: 8, maxConnections: 100, instances: 4 };

  test('is what the load needs when the server has it', () => {
    expect(sizePool({ ...server, arrivalsPerSecond: 100, holdMs: 5, waitMs: 10 })).toMatchObject({
      connections: 2,
      rule: 'wait',
    });
  });

  test('is bound by the cores, and says that callers will wait', () => {
    const bound = sizePool({ ...server, arrivalsPerSecond: 5_000, holdMs: 5, waitMs: 10 });

    expect(bound).toMatchObject({ connections: 4, rule: 'server-cores' });
    expect(bound.sentence).toMatch(
      /16 queries at once.*4 for each of 4; the load would need \d+ .*wait longer/,
    );
  });

  test('is bound by max_connections where that is less', () => {
    const bound = sizePool({ ...server, cores: 64, arrivalsPerSecond: 5_000, holdMs: 5, waitMs: 10 });

    expect(bound).toMatchObject({ connections: 13, rule: 'share-of-server' });
  });
});

describe('checkFleet', () => {
  const pools = { orders: { max: 10 }, reports: { max: 2 } };

  test('adds up all pools of all instances, and those of a rollout', () => {
    expect(checkFleet({ maxConnections: 100, instances: 7, pools })).toEqual({
      fits: true,
      needed: 96,
      available: 97,
      perInstance: 12,
      sentence:
        '7 + 1 instances x (orders 10 + reports 2) = 96 connections; the server has 100 - 3 = 97: 1 to spare',
    });
  });

  test('says by how much it does not fit', () => {
    const check = checkFleet({ maxConnections: 100, instances: 8, pools });

    expect(check).toMatchObject({ fits: false, needed: 108, perInstance: 10 });
    expect(check.sentence).toContain('11 too many: at most 10 an instance');
  });

  test('fits with perInstance, and with one more an instance it does not', () => {
    const fleet = fc.record({
      maxConnections: fc.integer({ min: 10, max: 1_000 }),
      instances: fc.integer({ min: 1, max: 20 }),
      surge: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fleet, (options) => {
        const { perInstance } = checkFleet({ ...options, pools });
        const fits = (max: number) => checkFleet({ ...options, pools: { a: { max } } }).fits;

        expect([fits(perInstance), fits(perInstance + 1)]).toEqual([true, false]);
      }),
    );
  });
});

describe('a number that makes no sense', () => {
  test.each([
    () => connectionsForServer({ cores: Number.NaN }),
    () => connectionsPerInstance({ maxConnections: -1, instances: 1 }),
    () => connectionsForThroughput({ arrivalsPerSecond: Infinity, holdMs: 1 }),
    () => connectionsForWait({ arrivalsPerSecond: 1, holdMs: 1, waitMs: -1 }),
    () => checkFleet({ maxConnections: 10, instances: 1, pools: { a: { max: -1 } } }),
  ])('is refused by name: %s', (call) => {
    expect(call).toThrow(/^[a-zA-Z.]+: expected a number of at least 0$/);
  });
});
