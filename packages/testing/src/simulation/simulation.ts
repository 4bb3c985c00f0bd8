// Carries out a plan: one pool, one virtual clock, one thing after another.

import {
  createPool,
  type Clock,
  type Pool,
  type PoolEventName,
  type PoolListener,
  resolveOptions,
  type ResolvedOptions,
} from '@pool/core';
import { Script, STEPS } from '../script.ts';
import { promisesTurn } from '../turns.ts';
import { VirtualClock } from '../virtual-clock.ts';
import type { Act, Action, Happening } from './action.ts';
import { Callers } from './callers.ts';
import { FaultyFactory } from './faulty-factory.ts';
import { Findings } from './findings.ts';
import { Fingerprint } from './fingerprint.ts';
import { Leases } from './leases.ts';
import { Ledger } from './ledger.ts';
import { EVENTS, type Plan } from './plan.ts';
import type { MakePool, MakeSubject } from './subject.ts';
import { LISTENER_THREW, Watch } from './watch.ts';
import { Workload } from './workload.ts';

// The longest step reads the time some thousand times.
const MOST_READINGS = 100_000;

type Happenings = {
  readonly [N in Happening['do']]: (action: Extract<Happening, { readonly do: N }>) => void | Promise<void>;
};

export class Simulation<C> {
  readonly findings: Findings = new Findings();
  readonly fingerprint: Fingerprint = new Fingerprint();
  readonly pool: Pool<C>;
  readonly clock: VirtualClock;
  readonly ledger: Ledger<C>;
  readonly watch: Watch<C>;
  readonly callers: Callers;
  readonly leases: Leases<C>;
  readonly script: Script;
  /** How often what is shared is to be closed. */
  readonly sharedCloses: number;
  readonly workload: Workload<C>;
  readonly options: ResolvedOptions;
  readonly #plan: Plan;
  readonly #factory: FaultyFactory<C>;
  readonly #meddlers = new Map<PoolEventName, Act[]>();
  /** How long this turn has been going on. */
  #turnMs = 0;
  /** Of the time, in this step. */
  #readings = 0;

  readonly #happenings: Happenings = {
    advance: ({ ms }) => this.clock.advance(ms),
    compute: ({ ms }) => {
      this.#passTurn(ms);
      this.clock.compute(ms);
    },
    stall: ({ ms, which }) => {
      this.#passTurn(ms);
      return this.clock.stall(ms, () => this.workload.do({ do: 'release', which }));
    },
    fault: ({ step, behaviour, once, kind }) => {
      if (once) this.script.next(step, behaviour);
      else this.script.behaviours[step] = behaviour;
      this.#factory.kind = kind;
    },
    stillborn: ({ when }) => this.#factory.nextStillborn(when),
    sicken: ({ isSick }) => {
      this.#factory.isSick = isSick;
    },
    meddle: ({ event, act }) => {
      this.#meddlers.set(event, [...(this.#meddlers.get(event) ?? []), act]);
    },
  };

  constructor(plan: Plan, makeSubject: MakeSubject<C>, makePool: MakePool<C> = createPool) {
    this.#plan = plan;
    const { traits, seed } = plan;
    this.options = resolveOptions(plan.options);
    const { options } = this;
    this.clock = new VirtualClock(seed, promisesTurn);
    const { findings, clock } = this;
    const { factory, brokenRules } = makeSubject(clockOf(clock));
    this.ledger = new Ledger(findings, options, () => clock.now());
    this.script = new Script(clock);
    this.#factory = new FaultyFactory(factory, this.script, this.ledger, () => this.watch.connects());
    this.sharedCloses = traits.closes || factory.close !== undefined ? 1 : 0;
    this.pool = makePool(this.#factory.asFactory(traits), plan.options, { clock: this.#guarded() });
    this.callers = new Callers(findings, traits.isHeard);
    this.leases = new Leases({
      findings,
      ledger: this.ledger,
      options,
      knowsBroken: traits.knowsBroken,
      resets: traits.resets && factory.reset !== undefined,
    });
    const { pool, ledger, callers, leases } = this;
    const { isHeard } = traits;
    this.watch = new Watch({ pool, clock, findings, ledger, callers, leases, options, isHeard, brokenRules });
    this.workload = new Workload({
      pool,
      clock,
      findings,
      ledger,
      callers,
      leases,
      options,
      watch: this.watch,
    });
    this.#listen();
  }

  #passTurn(ms: number): void {
    this.#turnMs += ms;
    this.watch.stalledMs += ms;
  }

  #listen(): void {
    const { isHeard, listenersThrow } = this.#plan.traits;
    // Unheard, these two would be warnings of the process.
    for (const event of isHeard ? EVENTS : (['error', 'lease:overdue'] as const)) {
      const hear = this.watch.heard[event] as PoolListener<typeof event> | undefined;
      this.pool.on(event, (payload) => {
        this.fingerprint.note(event, this.clock.now());
        if (isHeard) hear?.(payload);
        const meddler = this.#meddlers.get(event)?.shift();
        if (meddler !== undefined) this.workload.do(meddler);
        if (listenersThrow) throw new Error(LISTENER_THREW);
      });
    }
  }

  /** For the pool: it ends a loop that would never end by itself, by throwing when the time is read for ever. */
  #guarded(): Clock {
    const { clock } = this;
    const now = (): number => {
      if (++this.#readings > MOST_READINGS) throw new Error('the pool spins: it does not wait for anything');
      return clock.now();
    };
    return { ...clockOf(clock), now, turnNow: now, setTimer: (...timer) => clock.setTimer(...timer) };
  }

  /** One step, and the checks after it. */
  step(action: Action): void | Promise<void> {
    this.#forgive();
    const happen = (
      this.#happenings as Partial<Record<Action['do'], (action: Action) => void | Promise<void>>>
    )[action.do];
    const happening = happen === undefined ? this.workload.do(action as Act) : happen(action);
    if (happening !== undefined) return this.#finish(action, happening);
    this.watch.checkNow();
    // Not even a promise settles before the next.
    return action.sameTurn === true ? undefined : this.#rest();
  }

  /** What counts as spinning is counted by the step. */
  #forgive(): void {
    this.#readings = 0;
    this.#factory.creates = 0;
  }

  async #finish(action: Action, happening: Promise<void>): Promise<void> {
    await happening;
    this.watch.checkNow();
    if (action.sameTurn !== true) await this.#rest();
  }

  async #rest(): Promise<void> {
    // After a long turn, timers are due.
    await this.clock.advance(0);
    this.callers.endTurn(this.#turnMs);
    this.#turnMs = 0;
    this.watch.checkNow();
    this.watch.checkAtRest();
  }

  /** From now on nothing fails, and nobody keeps what he gets. */
  heal(): void {
    this.#forgive();
    this.workload.isOver = true;
    for (const step of STEPS) this.script.behaviours[step] = 'ok';
    this.script.forget();
    this.#factory.heal();
    this.#meddlers.clear();
  }
}

/** The subject's own timers keep no process alive: those that do are the pool's. */
function clockOf(clock: VirtualClock): Clock {
  return {
    now: () => clock.now(),
    turnNow: () => clock.turnNow(),
    setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs, false),
    defer: (callback) => clock.defer(callback),
    random: () => clock.random(),
  };
}
