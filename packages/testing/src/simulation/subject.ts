import type { Clock, createPool, Factory, Pool } from '@pool/core';

/** What is simulated: a factory, and what else is to hold of it. */
export interface Subject<C> {
  readonly factory: Factory<C>;
  /** Rules of your own: asked after every step, and once more when the pool is closed. @returns those that are broken */
  readonly brokenRules?: (pool: Pool<C>) => readonly string[];
}

/** Makes a fresh one for each simulation. All its time comes from the clock. */
export type MakeSubject<C> = (clock: Clock) => Subject<C>;

/** As `createPool`: for a pool of your own around it. */
export type MakePool<C> = (...args: Parameters<typeof createPool<C>>) => Pool<C>;

/** A connection of the plain subject. */
export interface PlainConnection {
  readonly number: number;
}

/** Opens at once, and never fails: all that goes wrong is what the simulator does. */
export function plainSubject(): Subject<PlainConnection> {
  let number = 0;
  return {
    factory: {
      create: () => Promise.resolve({ number: ++number }),
      destroy: () => {},
      validate: () => {},
      reset: () => {},
    },
  };
}
