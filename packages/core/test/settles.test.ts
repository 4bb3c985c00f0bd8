import type { Behaviour } from '@pool/testing';
import { expect, test } from 'vitest';
import { brokenLaws, brokenLawsAtTheEnd } from '@pool/testing';
import { lend } from './support/lend.ts';
import { poolOf, type TestPool } from './support/pool-of.ts';
import { after, watch, type Watched } from './support/promises.ts';

// Whatever each step of the factory does, and whenever the callers lose patience: everybody is answered, and nothing stays.

const FAULTS: Readonly<Record<string, Behaviour>> = {
  ok: 'ok',
  fail: { kind: 'fail', afterMs: 10 },
  slow: { kind: 'slow', ms: 120 },
  never: { kind: 'never' },
};
const FAULT_NAMES = Object.keys(FAULTS);
const ABORTS = { early: 0, late: 150, never: undefined };

const TIMES = {
  max: 2,
  createTimeoutMs: 300,
  validateTimeoutMs: 200,
  resetTimeoutMs: 200,
  destroyTimeoutMs: 200,
  acquireTimeoutMs: 1_500,
  closeGraceMs: 500,
};

const combinations = FAULT_NAMES.flatMap((create) => FAULT_NAMES.map((validate) => ({ create, validate })));

test.each(combinations)(
  'P13 P19 P21 I9: with create $create and validate $validate all acquires settle, the pool recovers, and close leaves nothing',
  async ({ create, validate }) => {
    const broken: string[] = [];
    for (const reset of FAULT_NAMES) {
      for (const destroy of FAULT_NAMES) {
        for (const abortMs of Object.values(ABORTS)) {
          const found = await live({ create, validate, reset, destroy }, abortMs);
          broken.push(
            ...found.map((law) => `reset ${reset}, destroy ${destroy}, abort after ${abortMs} ms: ${law}`),
          );
        }
      }
    }

    expect(broken).toEqual([]);
  },
);

/** The life of one pool: healthy, then faulty under load, then healthy, then closed. @returns what went wrong */
async function live(
  steps: Record<'create' | 'validate' | 'reset' | 'destroy', string>,
  abortMs: number | undefined,
): Promise<string[]> {
  // Few listen to more: the pool must not depend on being heard.
  const setup = poolOf(TIMES, {}, ['error']);
  const { pool, clock, factory } = setup;
  const broken = new Set<string>();
  const run = async (ms: number): Promise<void> => {
    for (let gone = 0; gone < ms; gone += 100) {
      await clock.advance(100);
      for (const law of [...brokenLaws(pool as never), ...overshoot(setup)]) broken.add(law);
    }
  };

  const [busy, idle] = await lend(setup, 2);
  idle!.release();
  await run(1_000);
  for (const [step, fault] of Object.entries(steps)) factory.script[step as 'create'] = FAULTS[fault]!;
  busy!.release();
  const callers = call(setup, abortMs);
  await run(2_000);
  if (callers.some(({ state }) => state === 'pending')) broken.add('I9 a caller is not answered');

  factory.script.create = factory.script.validate = factory.script.reset = factory.script.destroy = 'ok';
  await run(1_000);
  const last = watch(pool.use(() => 'served'));
  await run(2_000);
  if (last.value !== 'served') broken.add(`P12 the pool does not recover: ${String(last.error)}`);

  const closed = watch(pool.close());
  await run(1_000);
  if (closed.state !== 'fulfilled') broken.add('P19 close() is not done');
  if (clock.pendingTimers > 0) broken.add(`P19 ${clock.pendingTimers} timers are left`);
  if (factory.connections.some(({ destroyed }) => destroyed.length !== 1))
    broken.add('P11 a connection was not closed once');
  return [...broken, ...brokenLawsAtTheEnd(pool as never)];
}

function overshoot({ pool }: TestPool): string[] {
  const { size, max } = pool.stats();
  return size > max ? [`P1 size ${size} is above max ${max}`] : [];
}

/** Four callers that hold a connection for a moment; two of them lose patience. */
function call({ pool, clock }: TestPool, abortMs: number | undefined): Watched<void>[] {
  return [0, 1, 2, 3].map((caller) => {
    const abort = new AbortController();
    const work = watch(pool.use(() => after(clock, 20), { signal: abort.signal }));
    if (caller % 2 === 0 && abortMs !== undefined) clock.setTimer(() => abort.abort(), abortMs, false);
    return work;
  });
}
