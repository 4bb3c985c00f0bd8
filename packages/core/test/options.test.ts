import { afterEach, describe, expect, test } from 'vitest';
import {
  DEFAULTS,
  OPTION_KINDS,
  OPTION_NAMES,
  OptionError,
  refuseOptions,
  resolveOptions,
  type PoolOptions,
} from '../src/index.ts';
import { poolOf } from './support/pool-of.ts';
import { thrownBy } from './support/promises.ts';

const NOT_A_NUMBER = [null, '10', '', Number.NaN, {}, [], true, 10n, Symbol('x'), () => 1];
const BAD_COUNT = [...NOT_A_NUMBER, -1, 1.5, -Infinity, 2 ** 53];
const BAD_DURATION = [...NOT_A_NUMBER, -1, 0, -Infinity];
const BAD_DURATION_OR_ZERO = [...NOT_A_NUMBER, -1, -Infinity];

const WRONG: Record<keyof PoolOptions, unknown[]> = {
  name: [null, '', 1, {}, Symbol('x')],
  max: [...BAD_COUNT, 0, Infinity],
  min: [...BAD_COUNT, Infinity],
  maxWaiting: BAD_COUNT,
  maxConnecting: [...BAD_COUNT, 0, Infinity],
  acquireTimeoutMs: BAD_DURATION,
  createTimeoutMs: BAD_DURATION,
  validateTimeoutMs: BAD_DURATION,
  resetTimeoutMs: BAD_DURATION,
  destroyTimeoutMs: BAD_DURATION,
  validateAfterIdleMs: BAD_DURATION_OR_ZERO,
  idleTimeoutMs: BAD_DURATION,
  maxLifetimeMs: BAD_DURATION,
  maxLifetimeJitter: [...BAD_DURATION_OR_ZERO, 1.01, Infinity],
  maxUses: [...BAD_COUNT, 0],
  keepaliveIntervalMs: BAD_DURATION,
  leakThresholdMs: BAD_DURATION,
  maxLeaseMs: BAD_DURATION,
  closeGraceMs: BAD_DURATION_OR_ZERO,
  detectNestedAcquire: [null, 0, 1, 'true', {}],
};

/** The least value that each option takes, and the greatest, if it has one. */
const EDGES: Record<keyof PoolOptions, unknown[]> = {
  name: ['x', 'a name with "quotes"'],
  max: [1, 2 ** 53 - 1],
  min: [0, 10],
  maxWaiting: [0, Infinity],
  maxConnecting: [1, 2 ** 53 - 1],
  acquireTimeoutMs: [0.5, Infinity],
  createTimeoutMs: [0.5, Infinity],
  validateTimeoutMs: [0.5, Infinity],
  resetTimeoutMs: [0.5, Infinity],
  destroyTimeoutMs: [0.5, Infinity],
  validateAfterIdleMs: [0, Infinity],
  idleTimeoutMs: [0.5, Infinity],
  maxLifetimeMs: [0.5, Infinity],
  maxLifetimeJitter: [0, 1],
  maxUses: [1, Infinity],
  keepaliveIntervalMs: [0.5, Infinity],
  leakThresholdMs: [0.5, Infinity],
  maxLeaseMs: [0.5, Infinity],
  closeGraceMs: [0, Infinity],
  detectNestedAcquire: [true, false],
};

/** The kind that takes these edges and refuses those values. */
function kindOf([least, greatest]: unknown[], wrong: unknown[]): object {
  if (typeof least !== 'number') return { type: typeof least === 'string' ? 'text' : 'flag' };
  if (greatest === 1) return { type: 'share' };
  const takesZero = least === 0;
  if (!wrong.includes(1.5)) return takesZero ? { type: 'duration', orZero: true } : { type: 'duration' };
  return { type: 'count', least, ...(greatest === Infinity ? { orInfinity: true } : {}) };
}

const pairs = (table: Record<string, unknown[]>): [string, unknown][] =>
  Object.entries(table).flatMap(([option, values]) =>
    values.map((value): [string, unknown] => [option, value]),
  );

describe('an option', () => {
  test.each(pairs(WRONG))('%s refuses %o, and says what it takes', (option, value) => {
    const error = thrownBy(() => poolOf({ [option]: value })) as OptionError;

    expect(error).toBeInstanceOf(OptionError);
    expect(error.option).toBe(option);
    expect(error.message).toContain(`option ${option}: expected ${error.expected}`);
  });

  test.each(pairs(EDGES))('%s takes %o as it is, and clamps nothing', (option, value) => {
    const resolved = resolveOptions({ [option]: value });

    expect(resolved[option as keyof PoolOptions]).toBe(value);
  });

  test('is described by a kind that says what it takes, for whoever makes a schema of it', () => {
    const options = Object.keys(EDGES) as (keyof PoolOptions)[];
    const described = options.map((option) => [option, kindOf(EDGES[option], WRONG[option])]);

    expect(OPTION_KINDS).toEqual(Object.fromEntries(described));
  });

  test('given as undefined has its default', () => {
    const given = Object.fromEntries(OPTION_NAMES.map((option) => [option, undefined]));

    expect(resolveOptions(given as PoolOptions)).toEqual(DEFAULTS);
  });

  test('not given has its default', () => {
    expect(resolveOptions({ max: 3 })).toEqual({ ...DEFAULTS, max: 3 });
  });

  test('min above max is refused, and max is not raised', () => {
    const error = thrownBy(() => poolOf({ min: 3, max: 2 }));

    expect(error).toMatchObject({ option: 'min', received: 3, expected: 'at most max (2)' });
  });

  test('min above the default of max is refused', () => {
    expect(() => poolOf({ min: 11 })).toThrow(OptionError);
  });

  test('min equal to max is taken', () => {
    expect(resolveOptions({ min: 2, max: 2 })).toMatchObject({ min: 2, max: 2 });
  });

  test('wrong is told with the name of the pool', () => {
    expect(thrownBy(() => poolOf({ name: 'orders', max: 0 }))).toMatchObject({ pool: 'orders' });
  });

  test('wrong is told with the default name of the pool when the name itself is wrong', () => {
    expect(thrownBy(() => poolOf({ name: 5 as unknown as string }))).toMatchObject({
      pool: 'pool',
      option: 'name',
    });
  });

  test('wrong is told before the factory is asked for anything', () => {
    expect(() => poolOf({ max: 0 }, { create: { kind: 'throw' } })).toThrow(OptionError);
  });
});

describe('an unknown option', () => {
  test.each([
    ['idleTimeoutMillis', 'idleTimeoutMs'],
    ['acquireTimeoutMillis', 'acquireTimeoutMs'],
    ['maxsize', 'max'],
    ['MIN', 'min'],
    ['keepAlive', 'keepaliveIntervalMs'],
  ])('%s is refused with the hint %s', (option, hint) => {
    const error = thrownBy(() => poolOf({ [option]: 1 })) as OptionError;

    expect([error.option, error.message.includes(hint)]).toEqual([option, true]);
  });

  test('that resembles none is refused with the names of all', () => {
    const { message } = thrownBy(() => poolOf({ zzzz: 1 } as object)) as Error;

    expect(OPTION_NAMES.filter((option) => !message.includes(option))).toEqual([]);
  });

  test('is refused also when its value is undefined', () => {
    expect(() => poolOf({ idleTimeoutMillis: undefined } as object)).toThrow(OptionError);
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    '%s is refused like any other',
    (option) => {
      const given = JSON.parse(`{ "${option}": 1 }`) as PoolOptions;

      expect(() => poolOf(given)).toThrow(OptionError);
    },
  );
});

describe('the defaults', () => {
  test('are those that the documentation states', () => {
    expect(DEFAULTS).toEqual({
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
    });
  });

  test('cannot be changed', () => {
    expect(() => Object.assign(DEFAULTS, { max: 1 })).toThrow(TypeError);
  });

  test('are all listed by name', () => {
    expect(OPTION_NAMES.toSorted()).toEqual(Object.keys(DEFAULTS).toSorted());
  });
});

describe('resolved options', () => {
  test('cannot be changed', () => {
    expect(() => Object.assign(resolveOptions({}), { max: 1 })).toThrow(TypeError);
  });

  test('do not follow later changes of the object that was given', async () => {
    const given = { max: 1 };
    const { pool } = poolOf(given);
    given.max = 5;

    expect(pool.stats().max).toBe(1);
  });
});

describe('a polluted Object.prototype', () => {
  const everyObject: object = Object.prototype;
  const pollution: Record<string, unknown> = {
    max: 99,
    name: 'polluted',
    detectNestedAcquire: true,
    idleTimeoutMs: 1,
  };
  afterEach(() => {
    for (const option of Object.keys(pollution)) Reflect.deleteProperty(everyObject, option);
  });
  const pollute = (): void => {
    for (const [option, value] of Object.entries(pollution)) {
      Reflect.defineProperty(everyObject, option, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
  };

  test('T: changes no option', () => {
    pollute();

    expect({ ...resolveOptions({}) }).toEqual({ ...DEFAULTS });
  });

  test('T: does not name the pool in an error', () => {
    pollute();

    expect((thrownBy(() => resolveOptions({ min: -1 })) as OptionError).pool).toBe('pool');
  });

  test('T: makes an adapter refuse no option that nobody gave', () => {
    pollute();

    expect(() => refuseOptions({}, '@pool/x', { idleTimeoutMs: 'use y' })).not.toThrow();
  });
});

const refuse = (options?: PoolOptions): void =>
  refuseOptions(options, '@pool/mongodb', { maxLifetimeMs: 'use maxIdleTimeMS' });

describe('refuseOptions', () => {
  test('throws for an option that the adapter cannot honour, naming it, the adapter and the alternative', () => {
    const error = thrownBy(() => refuse({ name: 'orders', maxLifetimeMs: 5 }));

    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option: 'maxLifetimeMs', received: 5, pool: 'orders' });
    expect((error as Error).message).toMatch(/maxLifetimeMs.*@pool\/mongodb.*use maxIdleTimeMS/);
  });

  test.each([[undefined], [{}], [{ max: 3 }], [{ maxLifetimeMs: undefined }]])('lets %o pass', (options) => {
    expect(() => refuse(options as PoolOptions)).not.toThrow();
  });

  test('refuses a value that equals the default: it was asked for', () => {
    expect(() => refuse({ maxLifetimeMs: DEFAULTS.maxLifetimeMs })).toThrow(OptionError);
  });
});
