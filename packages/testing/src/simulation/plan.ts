// What a seed stands for. Swarm testing: each seed leaves out some of the faults and of the actions, so that the rest comes
// in combinations and numbers which a mixture of everything would never show.

import type { PoolEventName, PoolOptions } from '@pool/core';
import type { Behaviour, Step } from '../script.ts';
import type { Act, Action } from './action.ts';
import { Dice } from './dice.ts';

/** What the factory offers, and who listens to the pool. */
export interface Traits {
  readonly validates: boolean;
  readonly resets: boolean;
  readonly knowsBroken: boolean;
  readonly classifies: boolean;
  /** Its connections have something in common, which is closed last. */
  readonly closes: boolean;
  /** Without listeners the pool takes other paths; less can be checked then. */
  readonly isHeard: boolean;
  readonly listenersThrow: boolean;
}

export interface Plan {
  readonly seed: number;
  readonly options: PoolOptions;
  readonly traits: Traits;
  readonly actions: readonly Action[];
}

const slow = (ms: number): Behaviour => ({ kind: 'slow', ms });
const late = (ms: number): Behaviour => ({ kind: 'late', ms });
const lateFailure = (ms: number): Behaviour => ({ kind: 'late', ms, error: 'too late' });
const FAIL: Behaviour = { kind: 'fail' };
const THROW: Behaviour = { kind: 'throw' };
const NEVER: Behaviour = { kind: 'never' };

const FAULTS: Readonly<Record<Step, readonly Behaviour[]>> = {
  create: [
    slow(50),
    slow(Infinity),
    FAIL,
    { kind: 'fail', afterMs: 20 },
    THROW,
    NEVER,
    late(250),
    late(900),
    lateFailure(900),
  ],
  validate: [slow(50), slow(Infinity), FAIL, THROW, NEVER, late(400), lateFailure(400)],
  reset: [
    slow(50),
    slow(Infinity),
    FAIL,
    { kind: 'fail', afterMs: 20 },
    THROW,
    NEVER,
    late(400),
    lateFailure(400),
  ],
  destroy: [slow(150), FAIL, { kind: 'fail', afterMs: 20 }, THROW, NEVER, late(900), lateFailure(900)],
};

export const EVENTS: readonly PoolEventName[] = [
  'connection:created',
  'connection:closed',
  'connect:failed',
  'lease:acquired',
  'lease:released',
  'lease:overdue',
  'acquire:failed',
  'pool:cleared',
  'pool:closed',
  'error',
];

/** @param fixed options that are not left to chance */
export function planOf(seed: number, steps: number, fixed: PoolOptions = {}): Plan {
  const dice = new Dice(seed);
  const options = { ...someOptions(dice), ...fixed };
  if (options.min > options.max) options.min = options.max;
  const traits = someTraits(dice);
  const swarm = new Swarm(dice);
  const actions = Array.from({ length: steps }, () => swarm.next());
  return { seed, options, traits, actions };
}

function someTraits(dice: Dice): Traits {
  return {
    validates: dice.chance(0.85),
    resets: dice.chance(0.75),
    knowsBroken: dice.chance(0.85),
    classifies: dice.chance(0.85),
    closes: dice.chance(0.4),
    isHeard: dice.chance(0.9),
    listenersThrow: dice.chance(0.1),
  };
}

function someOptions(dice: Dice): PoolOptions & { min: number; max: number } {
  const max = 1 + dice.below(4);
  return {
    max,
    min: dice.chance(0.5) ? 0 : dice.below(max + 1),
    maxConnecting: dice.pick([1, 2, 2, 3]),
    maxWaiting: dice.pick([Infinity, Infinity, 10_000, 3, 0]),
    acquireTimeoutMs: dice.pick([1_000, 2_000]),
    createTimeoutMs: dice.pick([100, 400, 1_500, Infinity]),
    validateTimeoutMs: dice.pick([200, Infinity]),
    resetTimeoutMs: dice.pick([200, Infinity]),
    destroyTimeoutMs: 300,
    validateAfterIdleMs: dice.pick([100, 100, 500, 0, Infinity]),
    idleTimeoutMs: dice.pick([300, 5_000, 5_000, Infinity]),
    maxLifetimeMs: dice.pick([Infinity, Infinity, 3_000]),
    maxLifetimeJitter: dice.pick([0.25, 0, 1]),
    maxUses: dice.pick([Infinity, Infinity, 3, 1]),
    keepaliveIntervalMs: dice.pick([Infinity, 1_000]),
    leakThresholdMs: dice.pick([30_000, 700, Infinity]),
    maxLeaseMs: dice.pick([Infinity, Infinity, 5_000, 400]),
    closeGraceMs: dice.pick([500, 0]),
  };
}

type Deal = (dice: Dice) => Act;

const which = (dice: Dice): number => dice.below(8);

/** What a caller, a borrower, a driver or an operator does, each with how often. */
const ACTS: readonly (readonly [weight: number, deal: Deal])[] = [
  [12, () => ({ do: 'acquire' })],
  [24, (dice) => ({ do: 'acquire', timeoutMs: dice.pick([5, 50, 300, 1_000, 20_000, Infinity]) })],
  [
    8,
    (dice) => ({
      do: 'use',
      ms: dice.pick([0, 5, 100]),
      ends: dice.pick(['returns', 'throws', 'rejects', 'destroys']),
    }),
  ],
  [8, () => ({ do: 'tryAcquire' })],
  [3, () => ({ do: 'ready' })],
  [36, (dice) => ({ do: 'release', which: which(dice) })],
  [5, (dice) => ({ do: 'destroy', which: which(dice) })],
  [3, (dice) => ({ do: 'touch', which: which(dice) })],
  [6, (dice) => ({ do: 'abort', which: which(dice) })],
  [5, (dice) => ({ do: 'lose', which: which(dice), times: dice.pick([1, 1, 2]) })],
  [4, (dice) => ({ do: 'break', which: which(dice) })],
  [3, (dice) => ({ do: 'evict', which: which(dice) })],
  [6, (dice) => ({ do: 'resize', max: 1 + dice.below(5), min: dice.below(4) })],
  [5, (dice) => ({ do: 'clear', interrupt: dice.chance(0.5) })],
  [3, () => ({ do: 'pause' })],
  [5, () => ({ do: 'resume' })],
];

/** Without these nothing would ever happen. */
const isEssential = ({ do: name }: Act): boolean => name === 'acquire' || name === 'release';

/** The actions that a seed allows, and how likely each is. */
class Swarm {
  readonly #dice: Dice;
  readonly #acts: readonly (readonly [number, Deal])[];
  readonly #deals: readonly (readonly [number, () => Action])[];
  readonly #faults: readonly (readonly [Step, Behaviour])[];
  readonly #sameTurn: number;

  constructor(dice: Dice) {
    this.#dice = dice;
    const factor = (): number => dice.pick([0.3, 1, 1, 3]);
    this.#acts = ACTS.filter(([, deal]) => isEssential(deal(dice)) || dice.chance(0.6)).map(
      ([weight, deal]) => [weight * factor(), deal] as const,
    );
    const faults = (Object.keys(FAULTS) as Step[]).flatMap((step) =>
      FAULTS[step].map((behaviour) => [step, behaviour] as const),
    );
    this.#faults = dice.some(faults, dice.pick([0.1, 0.3, 0.7]));
    this.#sameTurn = dice.pick([0, 0.1, 0.5]);
    const acts = this.#acts.reduce((total, [weight]) => total + weight, 0);
    this.#deals = [
      [acts, () => this.#act()],
      [
        acts * 0.25 * factor(),
        () => ({ do: 'advance', ms: dice.pick([0, 1, 10, 60, 200, 500, 2_000, 6_000]) }),
      ],
      ...this.#happenings(acts / 100).filter(() => dice.chance(0.7)),
    ];
  }

  #happenings(percent: number): readonly (readonly [number, () => Action])[] {
    const dice = this.#dice;
    return [
      [10 * percent, () => this.#fault()],
      [2 * percent, () => ({ do: 'stall', ms: dice.pick([20, 300, 3_000]), which: which(dice) })],
      [2 * percent, () => ({ do: 'compute', ms: dice.pick([1, 20, 1_000]), sameTurn: true })],
      [
        2 * percent,
        () => ({ do: 'stillborn', when: dice.pick(['at once', 'before it is there', 'as it is there']) }),
      ],
      [percent, () => ({ do: 'sicken', isSick: dice.chance(0.4) })],
      [3 * percent, () => ({ do: 'meddle', event: dice.pick(EVENTS), act: this.#act() })],
      [0.15 * percent, () => ({ do: 'close' })],
    ];
  }

  next(): Action {
    const action = this.#dice.weighted(this.#deals)();
    return this.#dice.chance(this.#sameTurn) ? { ...action, sameTurn: true } : action;
  }

  #act(): Act {
    return this.#dice.weighted(this.#acts)(this.#dice);
  }

  #fault(): Action {
    const dice = this.#dice;
    // Half the time one that is in force ends: otherwise nothing would work for long.
    const [step, behaviour] = dice.pick(this.#faults);
    return {
      do: 'fault',
      step,
      behaviour: dice.chance(0.5) ? 'ok' : behaviour,
      once: dice.chance(0.3),
      kind: dice.pick(['transient', 'transient', 'unavailable', 'overload', 'fatal', 'throws']),
    };
  }
}
