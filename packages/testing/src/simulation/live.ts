// The life of one pool: faults and workload, then a quiet time in which everything must settle, then the end.

import type { ResolvedOptions } from '@pool/core';
import { brokenLawsAtTheEnd } from '../laws.ts';
import type { Plan } from './plan.ts';
import { Simulation } from './simulation.ts';
import type { MakePool, MakeSubject } from './subject.ts';

// Longer than any deadline of a caller, and than the longest pause between two connects.
const QUIET_MS = 40_000;
// Enough to serve one more.
const SERVICE_MS = 1_000;

export interface Outcome {
  /** Rules that were broken, each with its detail. */
  readonly broken: readonly string[];
  readonly rules: readonly string[];
  /** Steps done until then. */
  readonly steps: number;
  readonly fingerprint: number;
}

export async function live<C>(
  plan: Plan,
  makeSubject: MakeSubject<C>,
  makePool?: MakePool<C>,
): Promise<Outcome> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const simulation = new Simulation(plan, makeSubject, makePool);
    const steps = await run(simulation, plan);
    // Node.js tells of them when it has nothing else to do.
    await new Promise((resolve) => setImmediate(resolve));
    const { findings, fingerprint } = simulation;
    for (const reason of unhandled) findings.add('I25 P21 a rejection that nobody handles', String(reason));
    return { broken: findings.list, rules: findings.rules, steps, fingerprint: fingerprint.value };
  } finally {
    process.off('unhandledRejection', note);
  }
}

async function run<C>(simulation: Simulation<C>, { actions }: Plan): Promise<number> {
  const { findings } = simulation;
  let steps = 0;
  for (const action of actions) {
    steps++;
    try {
      const pending = simulation.step(action);
      if (pending !== undefined) await pending;
    } catch (error) {
      findings.add(
        'P21 the pool throws',
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
    }
    if (!findings.isEmpty) return steps;
  }
  await settleDown(simulation);
  if (findings.isEmpty && !simulation.workload.isClosing) await checkHealth(simulation);
  if (findings.isEmpty) await close(simulation);
  return steps;
}

/** The faults stop, everybody gives back what he has: then all is well. */
async function settleDown<C>(simulation: Simulation<C>): Promise<void> {
  const { pool, clock, callers, leases, findings, watch } = simulation;
  simulation.heal();
  const giveBack = (): void => {
    for (const held of leases.held) if (!held.isOver) leases.end(held, 'release');
  };
  giveBack();
  pool.resume();
  // What hangs with an infinite timeout would do so for ever.
  if (hasEndless(simulation.options)) simulation.workload.do({ do: 'clear', interrupt: true });
  await clock.settle();
  for (let gone = 0; gone < QUIET_MS; gone += QUIET_MS / 8) {
    await clock.advance(QUIET_MS / 8);
    giveBack();
    watch.checkNow();
  }
  await clock.advance(SERVICE_MS);
  watch.checkNow();
  watch.checkAtRest();
  findings.check(
    callers.unsettled.size === 0,
    'I9 a caller is never answered',
    () => `${callers.unsettled.size}`,
  );
  findings.check(watch.wanted === 0, 'I9 ready() is never answered');
}

function hasEndless(options: ResolvedOptions): boolean {
  const { createTimeoutMs, validateTimeoutMs, resetTimeoutMs } = options;
  return Math.max(createTimeoutMs, validateTimeoutMs, resetTimeoutMs) === Infinity;
}

/** I15: the pool serves, and has what it is to have. */
async function checkHealth<C>(simulation: Simulation<C>): Promise<void> {
  const { pool, clock, findings, callers } = simulation;
  let last: unknown = 'nothing';
  const caller = callers.enter({ now: clock.now(), timeoutMs: SERVICE_MS, isPlain: false });
  pool
    .use(
      (_connection, { id }) => {
        callers.settled(caller, undefined);
        simulation.leases.ends(id);
        last = 'served';
      },
      { label: caller.label, timeoutMs: SERVICE_MS },
    )
    .catch((error: unknown) => (last = error));
  await clock.advance(SERVICE_MS);
  // Where nobody may wait, not even for a validate, somebody may have to ask twice.
  const isServed = last === 'served' || simulation.options.maxWaiting === 0;
  findings.check(isServed, 'I15 P12 the pool does not recover', () => String(last));
  const { idle, checking, min, max, size } = pool.stats();
  findings.check(idle + checking >= min, 'I15 P15 min is not restored', () => `${idle} of ${min} are idle`);
  findings.check(size <= max, 'I18 P17 size stays above max', () => `${size} of ${max}`);
}

/** I16: after it, nothing is left. */
async function close<C>(simulation: Simulation<C>): Promise<void> {
  const { pool, clock, findings, ledger } = simulation;
  simulation.workload.do({ do: 'close' });
  await clock.advance(QUIET_MS / 8);
  findings.check(simulation.workload.isClosed, 'I16 P19 close() is never done');
  findings.check(clock.pendingTimers === 0, 'I16 P19 timers are left', () => `${clock.pendingTimers}`);
  for (const { id, phase, destroyed } of ledger.alive) {
    // A create that never settles, or a close that never ends, is the fault's own.
    findings.check(phase !== 'open', 'I12 P11 a connection is left open', () => `${id}`);
    findings.check(destroyed.length <= 1, 'I3 P11 a connection is closed twice', () => `${id}`);
  }
  const closes = ledger.sharedCloses;
  findings.check(
    closes === simulation.sharedCloses,
    'I16 P19 what is shared is not closed once',
    () => `${closes}`,
  );
  simulation.watch.checkNow();
  for (const law of brokenLawsAtTheEnd(pool, simulation.options.maxConnecting)) findings.add(law);
  const { counters } = pool.metrics();
  findings.check(counters.created === ledger.opened, 'I24 P22 created is not what was opened');
  for (const [reason, count] of Object.entries(counters.closed))
    findings.check(
      count === (ledger.closed[reason as 'lost'] ?? 0),
      'I24 P22 the closed ones are not counted by their reason',
      () => reason,
    );
}
