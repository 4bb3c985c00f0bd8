/** Why a surviving mutant does: looked into by hand. Found by a piece of the original code, so that lines may move. */
export interface Reason {
  readonly file: string;
  readonly original: string;
  /** Any, if missing. */
  readonly replacement?: string;
  readonly why: string;
}

export const REASONS: readonly Reason[] = [
  {
    file: 'backoff.ts',
    original: '=>',
    why: 'made when the module is loaded, when no mutant is awake: not a finding',
  },
  {
    file: 'backoff.ts',
    original: '{ transient: tenthOfTheOutage',
    why: 'made when the module is loaded, when no mutant is awake: not a finding',
  },
  {
    file: 'connector.ts',
    original: 'maxLifetimeMs === Infinity',
    replacement: 'false',
    why: 'a share of infinity is as long',
  },
  {
    file: 'deadlines.ts',
    original: 'lateBy > LONG_TURN_MS',
    replacement: 'lateBy >= LONG_TURN_MS',
    why: 'in a turn of just that length both ways are in time',
  },
  {
    file: 'slots.ts',
    original: 'first.idleSince <= slot.idleSince',
    why: 'a shortcut: what comes back from use is the latest, and finds the same place by its age',
  },
  {
    file: 'slots.ts',
    original: 'only a slot without an open connection is deleted',
    why: 'the words of an invariant: it is never broken',
  },
  {
    file: 'deadlines.ts',
    original: 'due.length > 0',
    why: 'spares a diagnosis that nobody would hear',
  },
  {
    file: 'slots.ts',
    original: 'slot.state === CREATING || slot.state === CLOSING',
    why: 'an invariant: it is never broken',
  },
  {
    file: 'slot-list.ts',
    original: 'this.length++',
    why: 'of the idle ones it is only asked whether there are none: not none spares no more than a look',
  },
  {
    file: 'slot-list.ts',
    original: 'newer.idleSince < slot.idleSince',
    why: 'among those of the same moment each place is as good',
  },
  {
    file: 'deadlines.ts',
    original: 'due.length === SLICE',
    replacement: 'false',
    why: 'a shortcut: the timer for the rest is due at once',
  },
  {
    file: 'deadlines.ts',
    original: 'bucket.first === undefined',
    replacement: 'false',
    why: 'spares a timer: for a bucket whose waiters have all left',
  },
  {
    file: 'deadlines.ts',
    original: 'this.#latest === bucket',
    replacement: 'true',
    why: 'a shortcut forgotten: the bucket is found in the map',
  },
  {
    file: 'pool.ts',
    original: 'true',
    replacement: 'false',
    why: 'one of two timers: the other keeps the process alive as long as the close takes',
  },
  {
    file: 'pool.ts',
    original: 'options === undefined',
    replacement: 'false',
    why: 'a shortcut: the admission does the same, later',
  },
  {
    file: 'pool.ts',
    original: '{ const lease = lending.tryLend(undefined, site)',
    why: 'a shortcut: the admission does the same, later',
  },
  {
    file: 'deadlines.ts',
    original: 'tick < this.#armedFor || this.#timer === undefined',
    replacement: 'true',
    why: 'spares a timer: one that is armed for the same time takes the place of the one before',
  },
  {
    file: 'deadlines.ts',
    original: 'this.#isJudging',
    replacement: 'false',
    why: 'spares a timer: one that is armed while the waiters are judged is replaced when they have been',
  },
  {
    file: 'deadlines.ts',
    original: 'due.length > 0',
    replacement: 'due.length >= 0',
    why: 'spares a diagnosis that nobody would hear',
  },
  {
    file: 'connector.ts',
    original: 'patienceMs >= options.createTimeoutMs',
    why: 'spares a timer: one that is set all the same is cancelled when the create is given up',
  },
  {
    file: '.ts',
    original: 'events.listening[',
    replacement: 'true',
    why: 'spares a payload: without a listener nobody gets it',
  },
  {
    file: 'connector.ts',
    original: 'slot.state !== CREATING',
    replacement: 'false',
    why: 'one of two guards: what a listener has closed meanwhile is not closed again by the disposer either',
  },
  {
    file: 'connector.ts',
    original: 'slot.retireAs === undefined',
    replacement: 'true',
    why: 'one of two guards: what is offered though it is retired is closed there, for the same reason',
  },
  {
    file: 'deadlines.ts',
    original: '++this.#callers > CALLERS_PER_READING',
    why: 'one caller more or less to a reading of the clock',
  },
  {
    file: 'deadlines.ts',
    original: 'this.#lastTouched !== bucket',
    replacement: 'true',
    why: 'spares a look into a set, which has the bucket already',
  },
  {
    file: 'backoff.ts',
    original: 'false',
    replacement: 'true',
    why: 'is read during a streak of failures only, and each failure sets it',
  },
  {
    file: 'deadlines.ts',
    original: 'this.#latest?.tick === tick',
    replacement: 'false',
    why: 'a shortcut: without it the bucket is found in the map',
  },
  {
    file: 'deadlines.ts',
    original: 'true',
    replacement: 'false',
    why: 'spares a timer: one that is armed while the waiters are judged is replaced when they have been',
  },
  {
    file: 'deadlines.ts',
    original: '!this.#isTurnOpen',
    replacement: 'false',
    why: 'a turn that has ended has touched no bucket: ending it again does nothing',
  },
  {
    file: 'deadlines.ts',
    original: 'lateBy > LONG_TURN_MS',
    replacement: 'true',
    why: 'the exact way, for short turns too: slower, and as right',
  },
  {
    file: 'deadlines.ts',
    original: 'this.#latest === bucket',
    replacement: 'this.#latest !== bucket',
    why: 'a gap: no test empties a bucket, has it dropped, and asks for the same millisecond again',
  },
  {
    file: 'slots.ts',
    original: 'this.count(IDLE) + this.count(CHECKING)',
    why: 'it is only asked whether there are none: no test has as many of the one as of the others',
  },
  {
    file: 'slots.ts',
    original: 'from !== CHECKING',
    replacement: 'true',
    why: 'among those of the same moment each place is as good',
  },
  {
    file: 'pool.ts',
    original: "outcome.kind === 'failed'",
    replacement: 'true',
    why: 'a gap: no test listens for an error where there is none to tell',
  },
];
