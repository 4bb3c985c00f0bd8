import { describe, expect, test } from 'vitest';
import { CHECKS } from '../src/index.ts';
import type { Broken } from './broken/broken.ts';
import { brokenFactories } from './broken/factories.ts';
import { brokenLeases } from './broken/leases.ts';
import { brokenQueues } from './broken/queues.ts';
import { redChecks } from './broken/red-checks.ts';
import { brokenStatements } from './broken/statements.ts';

const broken: readonly Broken[] = [...brokenFactories, ...brokenLeases, ...brokenQueues, ...brokenStatements];

describe('the suite goes red, by these checks and no others, for an adapter that', () => {
  for (const adapter of broken) {
    test(`${adapter.fault}: ${adapter.caughtBy.join(', ')}`, { timeout: 30_000 }, async () => {
      const red = await redChecks(adapter);
      expect(red).toEqual(adapter.caughtBy);
      expect(red).not.toEqual([]);
    });
  }
});

test('every check of the suite goes red for one of them', () => {
  const caught = new Set(broken.flatMap(({ caughtBy }) => caughtBy));
  const ids = Object.values(CHECKS).flatMap((checks) => checks.map(({ id }) => id));

  expect(ids.filter((id) => !caught.has(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});
