import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { CAPABILITIES, CAPABILITY_NAMES, inconsistencies, type Adapter, type AdapterPool } from './conformance/adapter.ts';
import { missingFor, runCheck, type CheckOptions } from './conformance/check.ts';
import { CHECKS } from './conformance/index.ts';

/**
 * Registers the conformance suite for one adapter: a test for each check that applies.
 *
 * A capability that the adapter does not have is a test of its own, titled with the reason and with what it leaves out.
 */
export function describeAdapter<C, P extends AdapterPool<C>>(adapter: Adapter<C, P>, options: CheckOptions = {}): void {
  describe(`conformance of ${adapter.name}`, () => {
    for (const [topic, checks] of Object.entries(CHECKS)) {
      const applicable = checks.filter((check) => missingFor(check, adapter) === undefined);
      if (applicable.length === 0) continue;
      describe(topic, () => {
        for (const check of applicable) {
          test(`${check.rule}: ${check.title}`, { timeout: 60_000 }, () => runCheck(check, adapter, options));
        }
      });
    }
    describe('named differences', () => {
      test('what it can and cannot do is said once', () => assert.deepEqual(inconsistencies(adapter), []));
      for (const difference of differencesOf(adapter)) test(difference, () => console.info(`${adapter.name} ${difference}`));
    });
  });
}

/** One sentence for each capability that is missing: why, and which checks do not apply. */
export function differencesOf<C, P extends AdapterPool<C>>(adapter: Adapter<C, P>): string[] {
  const all = Object.values(CHECKS).flat();
  return CAPABILITY_NAMES.filter((capability) => adapter.differs[capability] !== undefined).map((capability) => {
    const left = all.filter((check) => missingFor(check, adapter) === capability).map(({ id }) => id);
    const leavesOut = left.length === 0 ? 'all checks apply' : `does not apply: ${left.join(', ')}`;
    return `differs in ${capability} (${CAPABILITIES[capability]}): ${adapter.differs[capability]}; ${leavesOut}`;
  });
}
