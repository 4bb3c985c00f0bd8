// What the programs know of a pool, and what a pool is given. Every adapter in pools/ maps this to the pool's own
// documented API and adds nothing: no retry, no timer, no bookkeeping.

/** The thing pooled. `isOpen` ends when the pool begins to destroy it. */
export interface Connection {
  readonly id: number;
  isOpen: boolean;
  /** How often the pool destroyed it. */
  destroys: number;
}

/** The hooks that a program gives to the pool. Without `validate` and `reset` nothing is validated or reset. */
export interface Driver {
  create(): Promise<Connection>;
  destroy(connection: Connection): Promise<void>;
  validate?: ((connection: Connection) => boolean | Promise<boolean>) | undefined;
  reset?: ((connection: Connection) => Promise<void>) | undefined;
}

/** The same for all pools; one that has no such option goes without. */
export interface Settings {
  readonly max: number;
  readonly min: number;
  /** Idle connections to keep ready, where that is an option of its own. */
  readonly minIdle: number;
  readonly acquireTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** How often a pool that looks for idle connections by an interval does so. */
  readonly sweepMs: number;
  readonly maxLifetimeMs: number;
  readonly maxUses: number;
  readonly maxWaiting: number;
}

export const COMMON: Settings = Object.freeze({
  max: 1,
  min: 0,
  minIdle: 0,
  acquireTimeoutMs: 150,
  destroyTimeoutMs: 1_000,
  idleTimeoutMs: 30_000,
  sweepMs: 1_000,
  maxLifetimeMs: Infinity,
  maxUses: Infinity,
  maxWaiting: 1_000,
});

/** One borrowed connection. */
export interface Held {
  readonly connection: Connection;
  /** Does not wait, as every pool's documentation allows. */
  release(): void;
  /** What it returns can be awaited, where the pool offers that. */
  destroy(): unknown;
}

export interface Counts {
  readonly size: number;
  readonly idle: number;
  readonly leased: number;
  readonly waiting: number;
}

/** The pool's own events, by what they say. */
export type Saying = 'opened' | 'closed' | 'lent' | 'released' | 'other';

export interface PoolUnderTest {
  /** May reject, and may throw: that is the pool's doing. */
  acquire(): Promise<Held>;
  counts(): Counts;
  /** The documented way to shut down; settles when the pool says that it is done. */
  close(): Promise<unknown>;
  use?<R>(work: (connection: Connection) => Promise<R>): Promise<R>;
  clear?(): Promise<unknown> | void;
  resize?(max: number): void;
  /** Listens to every documented event. */
  listen?(listener: (saying: Saying) => void): void;
  /** The documented callback form of `acquire`. */
  acquireByCallback?(callback: (held: Held) => void): void;
}

/** What a class may need of a pool. */
export type Capability =
  | 'use'
  | 'clear'
  | 'resize'
  | 'events'
  | 'lease-events'
  | 'destroy-failure'
  | 'async-validate'
  | 'throwing-validate'
  | 'own-work';

export interface Adapter {
  readonly name: string;
  readonly packageName: string;
  /** What this pool does not have, and why. */
  readonly lacks: Readonly<Partial<Record<Capability, string>>>;
  open(settings: Settings, driver: Driver): PoolUnderTest;
}
