// Pools that are wrong on purpose, each in one way: the simulator must find out.

import {
  createPool,
  type AcquireOptions,
  type Factory,
  type Lease,
  type Pool,
  type PoolMetrics,
} from '@pool/core';
import type { MakePool, PlainConnection } from '../../src/index.ts';

type C = PlainConnection;
type MakeIt = MakePool<C>;

/** The pool, but for some of its members. */
function but(pool: Pool<C>, changed: Partial<Record<keyof Pool<C>, unknown>>): Pool<C> {
  return new Proxy(pool, {
    get(target, key) {
      if (Object.hasOwn(changed, key)) return changed[key as keyof Pool<C>];
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

const withFactory =
  (change: (factory: Factory<C>) => Partial<Factory<C>>): MakeIt =>
  (factory, ...rest) =>
    createPool({ ...factory, ...change(factory) }, ...rest);

const withPool =
  (change: (pool: Pool<C>, ...rest: Parameters<MakeIt>) => Partial<Record<keyof Pool<C>, unknown>>): MakeIt =>
  (...made) => {
    const pool = createPool(...made);
    return but(pool, change(pool, ...made));
  };

interface Defect {
  /** What the pool does wrong. */
  readonly wrong: string;
  /** The rule that it breaks. */
  readonly rule: RegExp;
  readonly createPool: MakeIt;
}

/** Its second release ends the lease of whoever has the connection by then. */
const endsTheLeaseOfAnother = withPool((pool) => {
  const releases = new Map<C, () => void>();
  const remember = (lease: Lease<C>): Lease<C> => {
    if (lease.isEnded) return lease;
    const { connection } = lease;
    const release = lease.release.bind(lease);
    releases.set(connection, release);
    lease.release = () => releases.get(connection)!();
    return lease;
  };
  return { acquire: async (options?: AcquireOptions) => remember(await pool.acquire(options)) };
});

export const DEFECTS: readonly Defect[] = [
  {
    wrong: 'lends connections that were reported lost',
    rule: /P11|I12/,
    createPool: withFactory(({ create }) => ({
      create: (context) => create({ ...context, lost: () => {} }),
    })),
  },
  {
    wrong: 'does not ask whether a connection is broken',
    rule: /P11/,
    createPool: withFactory(() => ({ isBroken: () => false })),
  },
  {
    wrong: 'lends a connection that was not reset',
    rule: /I20/,
    createPool: withFactory(() => ({ reset: () => {} })),
  },
  { wrong: 'closes nothing', rule: /I12/, createPool: withFactory(() => ({ destroy: () => {} })) },
  {
    wrong: 'closes each connection twice',
    rule: /I3/,
    createPool: withFactory(({ destroy }) => ({
      destroy: (connection, reason) => {
        void destroy(connection, reason);
        return destroy(connection, reason);
      },
    })),
  },
  {
    wrong: 'opens two connections instead of one',
    rule: /I2|I12|I13/,
    createPool: withFactory(({ create }) => ({
      create: (context) => {
        create(context).catch(() => {});
        return create(context);
      },
    })),
  },
  {
    wrong: 'hides from the driver that it has given up',
    rule: /I13|I23|P13/,
    createPool: withFactory(({ create }) => ({
      create: (context) => create({ ...context, signal: new AbortController().signal }),
    })),
  },
  {
    wrong: 'does not heed the signal of its caller',
    rule: /P6/,
    createPool: withPool((pool) => ({
      acquire: (options?: AcquireOptions) => pool.acquire(options && { ...options, signal: undefined }),
    })),
  },
  {
    wrong: 'leaves a listener on the signal of its caller',
    rule: /I10/,
    createPool: withPool((pool) => ({
      acquire: (options?: AcquireOptions) => {
        options?.signal?.addEventListener('abort', () => {});
        return pool.acquire(options);
      },
    })),
  },
  {
    wrong: 'serves callers out of turn',
    rule: /I7|I9|I24/,
    createPool: withPool((pool, _factory, _options, environment) => ({
      acquire: (options?: AcquireOptions) =>
        new Promise((resolve) =>
          environment!.clock!.setTimer(() => resolve(pool.acquire(options)), 1, false),
        ),
    })),
  },
  {
    wrong: 'fails callers before their time',
    rule: /I11|I14|I23/,
    createPool: (factory, options, environment) => {
      const clock = environment!.clock!;
      const hasty = {
        ...bound(clock),
        setTimer: (callback: () => void, ms: number, keepAlive: boolean) =>
          clock.setTimer(callback, ms * 0.9, keepAlive),
        now: () => clock.now() * 1.1,
      };
      return createPool(factory, options, { clock: hasty });
    },
  },
  {
    wrong: 'has closed before it has',
    rule: /I16|I17/,
    createPool: withPool((pool) => ({ close: () => (void pool.close(), Promise.resolve()) })),
  },
  {
    wrong: 'keeps the connections at clear()',
    rule: /I22/,
    createPool: withPool(() => ({ clear: () => {} })),
  },
  {
    wrong: 'leaves a timer for each lease',
    rule: /I10|I16/,
    createPool: withPool((pool, _factory, _options, environment) => ({
      tryAcquire: () => {
        environment!.clock!.setTimer(() => {}, Infinity, false);
        return pool.tryAcquire({ label: 'tryAcquire' });
      },
    })),
  },
  {
    wrong: 'forgets a rejection',
    rule: /I25/,
    createPool: withPool((pool) => ({
      pause: () => (void Promise.reject(new Error('nobody cares')), pool.pause()),
    })),
  },
  {
    wrong: 'connects again and again, without a pause',
    rule: /spins/,
    createPool: withFactory(({ create }) => ({
      create: async (context) => {
        for (;;) {
          try {
            return await create(context);
          } catch (error) {
            if (context.signal.aborted) throw error;
          }
        }
      },
    })),
  },
  {
    wrong: 'miscounts',
    rule: /I24/,
    createPool: withPool((pool) => ({
      metrics: (): PoolMetrics => {
        const metrics = pool.metrics();
        const { counters } = metrics;
        return {
          ...metrics,
          counters: { ...counters, acquired: counters.acquired + (counters.acquired > 3 ? 1 : 0) },
        };
      },
    })),
  },
  {
    wrong: 'ends another’s lease by a second release',
    rule: /I18|I4|I9|P9/,
    createPool: endsTheLeaseOfAnother,
  },
];

function bound(clock: NonNullable<NonNullable<Parameters<MakeIt>[2]>['clock']>) {
  return {
    now: () => clock.now(),
    turnNow: () => clock.turnNow(),
    defer: (callback: () => void) => clock.defer(callback),
    random: () => clock.random(),
  };
}
