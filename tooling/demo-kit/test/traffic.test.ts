import { describe, expect, it } from 'vitest';
import { openingOf } from '../src/opening.ts';
import { trafficOf } from '../src/traffic.ts';

const size = { users: 500, accounts: 1_000 };

describe('the traffic', () => {
  it('is the same for the same connection, and another one for each', () => {
    expect(trafficOf(1, size, 100)).toEqual(trafficOf(1, size, 100));
    expect(trafficOf(1, size, 100)).not.toEqual(trafficOf(2, size, 100));
  });

  it('mixes users, profiles and transfers as two to one to one', () => {
    const requests = trafficOf(0, size, 10_000);
    const count = (pattern: RegExp) => requests.filter(({ path }) => pattern.test(path)).length;
    expect(count(/^\/users\/\d+$/)).toBeGreaterThan(4_800);
    expect(count(/^\/users\/\d+\/profile$/)).toBeGreaterThan(2_300);
    expect(count(/^\/transfer$/)).toBeGreaterThan(2_300);
  });

  it('names only users and accounts that exist, and never one account twice', () => {
    const few = { users: 2, accounts: 3 };
    const requests = trafficOf(7, few, 1_000);
    const bodies = requests.flatMap(({ body }) => (body === undefined ? [] : [JSON.parse(body)]));
    expect(new Set(bodies.flatMap(({ from, to }) => [from, to]))).toEqual(new Set([1, 2, 3]));
    expect(bodies.filter(({ from, to }) => from === to)).toEqual([]);
    const paths = requests.map(({ path }) => path).filter((path) => path !== '/transfer');
    expect(new Set(paths)).toEqual(new Set(['/users/1', '/users/2', '/users/1/profile', '/users/2/profile']));
  });
});

describe('the opening', () => {
  it('numbers users and accounts from 1 without gaps', () => {
    const { users, accounts } = openingOf(30);
    expect(users.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(accounts.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(new Set(users.map(({ email }) => email)).size).toBe(30);
  });
});
