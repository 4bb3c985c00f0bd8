import { OptionError } from './errors.ts';

/** All options of a pool; each has a default. Durations are milliseconds, `Infinity` means never. */
export interface PoolOptions {
  /** Names the pool in errors, events and metrics. @defaultValue 'pool' */
  name?: string;
  /** Most connections at any instant, counting those being opened and closed. @defaultValue 10 */
  max?: number;
  /** Connections kept open from the first `acquire()` or `ready()` on. @defaultValue 0 */
  min?: number;
  /** Most callers waiting; the next one gets a QueueFullError at once. @defaultValue 10_000 */
  maxWaiting?: number;
  /** Most connections being opened at once. @defaultValue 2 */
  maxConnecting?: number;
  /** From `acquire()` to the lease: covers queue, connect, validate and reset. @defaultValue 5_000 */
  acquireTimeoutMs?: number;
  /** For `factory.create`. What arrives later is closed. @defaultValue 10_000 */
  createTimeoutMs?: number;
  /** For `factory.validate`; then the connection is closed. @defaultValue 2_000 */
  validateTimeoutMs?: number;
  /** For `factory.reset`; then the connection is closed. @defaultValue 2_000 */
  resetTimeoutMs?: number;
  /** For `factory.destroy`; then the pool stops counting the connection and reports it. @defaultValue 2_000 */
  destroyTimeoutMs?: number;
  /** A connection unused for longer is validated before it is lent. 0: always. @defaultValue 500 */
  validateAfterIdleMs?: number;
  /** Idle connections above `min` are closed after this. @defaultValue 60_000 */
  idleTimeoutMs?: number;
  /** A connection older than this is closed once it is idle; a lease is never cut by it. @defaultValue 1_800_000 */
  maxLifetimeMs?: number;
  /** Share by which each lifetime is shortened at random, so that they do not all end together. 0 to 1. @defaultValue 0.25 */
  maxLifetimeJitter?: number;
  /** A connection lent this often is closed at release. @defaultValue Infinity */
  maxUses?: number;
  /** An idle connection is validated when neither used nor validated for this long. @defaultValue 120_000 */
  keepaliveIntervalMs?: number;
  /** A lease older than this is reported once, with the place of its acquire if that was sampled. @defaultValue 30_000 */
  leakThresholdMs?: number;
  /** A lease older than this is ended by the pool and its connection closed. @defaultValue Infinity */
  maxLeaseMs?: number;
  /** How long `close()` waits for leases before it closes their connections. 0: not at all. @defaultValue 10_000 */
  closeGraceMs?: number;
  /**
   * Reject an acquire that can never be served because every connection is held by callers that are themselves waiting
   * for one. Follows callers by AsyncLocalStorage, which costs every acquire; switch it on to hunt such a deadlock.
   * @defaultValue false
   */
  detectNestedAcquire?: boolean;
}

/** How one caller wants to wait. */
export interface AcquireOptions {
  /** Ends the waiting: the promise rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for this call, instead of `acquireTimeoutMs`. Infinity: wait for ever. */
  timeoutMs?: number | undefined;
  /** Says in errors, events and leak reports who holds the connection. Never put data in it. */
  label?: string | undefined;
}

export type ResolvedOptions = Readonly<Required<PoolOptions>>;

/** The only place with a default. */
export const DEFAULTS: ResolvedOptions = Object.freeze({
  name: 'pool',
  max: 10,
  min: 0,
  maxWaiting: 10_000,
  maxConnecting: 2,
  acquireTimeoutMs: 5_000,
  createTimeoutMs: 10_000,
  validateTimeoutMs: 2_000,
  resetTimeoutMs: 2_000,
  destroyTimeoutMs: 2_000,
  validateAfterIdleMs: 500,
  idleTimeoutMs: 60_000,
  maxLifetimeMs: 1_800_000,
  maxLifetimeJitter: 0.25,
  maxUses: Infinity,
  keepaliveIntervalMs: 120_000,
  leakThresholdMs: 30_000,
  maxLeaseMs: Infinity,
  closeGraceMs: 10_000,
  detectNestedAcquire: false,
} satisfies Required<PoolOptions>);

/** What values an option takes: the rules below are made of it, and so can be a schema or a form. */
export type OptionKind =
  | { readonly type: 'text' | 'flag' | 'share' }
  | { readonly type: 'count'; readonly least: number; readonly orInfinity?: true }
  | { readonly type: 'duration'; readonly orZero?: true };

const DURATION: OptionKind = { type: 'duration' };
const DURATION_OR_ZERO: OptionKind = { type: 'duration', orZero: true };

export const OPTION_KINDS: { readonly [K in keyof Required<PoolOptions>]: OptionKind } = Object.freeze({
  name: { type: 'text' },
  max: { type: 'count', least: 1 },
  min: { type: 'count', least: 0 },
  maxWaiting: { type: 'count', least: 0, orInfinity: true },
  maxConnecting: { type: 'count', least: 1 },
  acquireTimeoutMs: DURATION,
  createTimeoutMs: DURATION,
  validateTimeoutMs: DURATION,
  resetTimeoutMs: DURATION,
  destroyTimeoutMs: DURATION,
  validateAfterIdleMs: DURATION_OR_ZERO,
  idleTimeoutMs: DURATION,
  maxLifetimeMs: DURATION,
  maxLifetimeJitter: { type: 'share' },
  maxUses: { type: 'count', least: 1, orInfinity: true },
  keepaliveIntervalMs: DURATION,
  leakThresholdMs: DURATION,
  maxLeaseMs: DURATION,
  closeGraceMs: DURATION_OR_ZERO,
  detectNestedAcquire: { type: 'flag' },
});

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

/** What was expected, or undefined when the value is fine. */
function mismatch(kind: OptionKind, value: unknown): string | undefined {
  if (kind.type === 'count') return mismatchOfCount(kind, value);
  if (kind.type === 'duration') return mismatchOfDuration(kind, value);
  const [expected, isFine] = {
    text: ['a non-empty string', typeof value === 'string' && value.length > 0] as const,
    flag: ['a boolean', typeof value === 'boolean'] as const,
    share: ['a number from 0 to 1', isNumber(value) && value >= 0 && value <= 1] as const,
  }[kind.type];
  return isFine ? undefined : expected;
}

function mismatchOfCount({ least, orInfinity }: OptionKind & { type: 'count' }, value: unknown) {
  if (Number.isSafeInteger(value) && (value as number) >= least) return undefined;
  if (orInfinity && value === Infinity) return undefined;
  return `an integer of at least ${least}${orInfinity ? ', or Infinity' : ''}`;
}

function mismatchOfDuration({ orZero }: OptionKind & { type: 'duration' }, value: unknown) {
  if (isNumber(value) && (value > 0 || (orZero && value === 0))) return undefined;
  return `milliseconds ${orZero ? 'of at least' : 'above'} 0, or Infinity for never`;
}

export const OPTION_NAMES = Object.freeze(Object.keys(DEFAULTS)) as readonly (keyof PoolOptions)[];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {OptionError} an unknown option, a wrong value, or `min` above `max`
 */
export function resolveOptions(input: PoolOptions = {}): ResolvedOptions {
  const pool = ownName(input);
  const resolved: Record<string, unknown> = { ...DEFAULTS };
  for (const [option, value] of Object.entries(input)) {
    if (!Object.hasOwn(OPTION_KINDS, option)) throw unknownOption(pool, option);
    if (value === undefined) continue;
    checkOption(pool, option as keyof PoolOptions, value);
    resolved[option] = value;
  }
  const options = resolved as Required<PoolOptions>;
  checkBounds(pool, options.min, options.max);
  return Object.freeze(options);
}

/** @throws {OptionError} when the value is not one that the option takes */
export function checkOption(
  pool: string,
  option: keyof PoolOptions,
  value: unknown,
  calledAs: string = option,
): void {
  const expected = mismatch(OPTION_KINDS[option], value);
  if (expected !== undefined) throw new OptionError({ pool, option: calledAs, received: value, expected });
}

/** @throws {OptionError} when `min` is above `max` */
export function checkBounds(pool: string, min: number, max: number): void {
  if (min > max)
    throw new OptionError({ pool, option: 'min', received: min, expected: `at most max (${max})` });
}

/**
 * For adapters: refuses the options that the database's driver cannot honour, instead of ignoring them.
 *
 * @param alternatives option name → what to use instead
 * @throws {OptionError} when one of them was given
 */
export function refuseOptions(
  options: PoolOptions | undefined,
  adapter: string,
  alternatives: Partial<Record<keyof PoolOptions, string>>,
): void {
  for (const [option, received] of Object.entries(options ?? {})) {
    if (received === undefined || !Object.hasOwn(alternatives, option)) continue;
    const expected = `not given: ${adapter} cannot honour it; ${alternatives[option as keyof PoolOptions]}`;
    throw new OptionError({ pool: ownName(options!), option, received, expected });
  }
}

/** Not what somebody put on Object.prototype. */
function ownName(options: PoolOptions): string {
  return Object.hasOwn(options, 'name') && typeof options.name === 'string' ? options.name : DEFAULTS.name;
}

function unknownOption(pool: string, option: string): OptionError {
  const known = OPTION_NAMES.find((name) => name.toLowerCase().startsWith(option.toLowerCase().slice(0, 4)));
  const hint =
    known === undefined ? `one of ${OPTION_NAMES.join(', ')}` : `an option that exists, such as ${known}`;
  return new OptionError({ pool, option, expected: hint });
}
