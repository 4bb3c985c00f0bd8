import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import {
  CAPABILITIES,
  CAPABILITY_NAMES,
  inconsistencies,
  type Adapter,
  type AdapterPool,
  type Capability,
} from './conformance/adapter.ts';
import { missingFor, runCheck, type CheckOptions } from './conformance/check.ts';
import { CHECKS } from './conformance/index.ts';

// Titles and assertions come from the checks, where the linter does not see them.
const group = describe;
const register = test;

/**
 * Registers the conformance suite for one adapter: a test for each check that applies.
 *
 * A capability that the adapter does not have is a test of its own, titled with the reason and with what it leaves out.
 */
export function describeAdapter<C, P extends AdapterPool<C>>(
  adapter: Adapter<C, P>,
  options: CheckOptions = {},
): void {
  describe(`conformance of ${adapter.name}`, () => {
    for (const [topic, checks] of Object.entries(CHECKS)) {
      const applicable = checks.filter((check) => missingFor(check, adapter) === undefined);
      if (applicable.length === 0) continue;
      group(topic, () => {
        for (const check of applicable) {
          register(`${check.rule}: ${check.title}`, { timeout: 60_000 }, () =>
            runCheck(check, adapter, options),
          );
        }
      });
    }
    describe('named differences', () => {
      test('what it can and cannot do is said once', () => {
        console.info(summaryOf(adapter));
        assert.deepEqual(inconsistencies(adapter), []);
      });
      for (const difference of differencesOf(adapter))
        register(difference.title, () => assert.ok(difference.reason.length > 0));
    });
  });
}

interface Difference {
  readonly capability: Capability;
  readonly reason: string;
  /** Why, and which checks do not apply. */
  readonly title: string;
}

function differencesOf<C, P extends AdapterPool<C>>(adapter: Adapter<C, P>): Difference[] {
  const all = Object.values(CHECKS).flat();
  return CAPABILITY_NAMES.flatMap((capability) => {
    const reason = adapter.differs[capability];
    if (reason === undefined) return [];
    const left = all.filter((check) => missingFor(check, adapter) === capability).map(({ id }) => id);
    const leavesOut = left.length === 0 ? 'all checks apply' : `does not apply: ${left.join(', ')}`;
    return [
      {
        capability,
        reason,
        title: `differs in ${capability} (${CAPABILITIES[capability]}): ${reason}; ${leavesOut}`,
      },
    ];
  });
}

/** One line for whoever reads the output: nothing is left out in silence. */
function summaryOf<C, P extends AdapterPool<C>>(adapter: Adapter<C, P>): string {
  const all = Object.values(CHECKS).flat();
  const applicable = all.filter((check) => missingFor(check, adapter) === undefined);
  const differences = differencesOf(adapter).map(({ capability, reason }) => `${capability} (${reason})`);
  const differs = differences.length === 0 ? '' : `; differs in ${differences.join(', ')}`;
  return `${adapter.name}: ${applicable.length} of ${all.length} checks apply${differs}`;
}
