/** Equal for all contestants. */
export interface Settings {
  readonly max: number;
  readonly acquireTimeoutMs: number;
}

/** What every pool is reduced to. `X` is what it lends: a connection, or a lease of one. */
export interface BenchPool<X> {
  acquire(): Promise<X>;
  release(lent: X): void;
}

export interface Contestant<X = unknown> {
  readonly name: string;
  create(settings: Settings): BenchPool<X>;
}

/** No caller may be refused for the length of the queue; for those that take no Infinity. */
export const UNBOUNDED = 10_000_000;
