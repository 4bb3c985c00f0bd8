import type { PoolOptions } from '@pool/core';
import { startFaultProxy, type Address, type FaultProxy } from '../fault-proxy.ts';
import type { Adapter, AdapterPool, Capability } from './adapter.ts';
import { within } from './waiting.ts';

/** One thing that is true of every adapter. A plain function that throws when it is not: any runner can run it. */
export interface Check {
  /** Of docs/contract.md. */
  readonly rule: string;
  /** A sentence that could be false; unique. */
  readonly title: string;
  readonly needs: readonly Capability[];
  run(context: Context): Promise<void>;
}

export interface CheckOptions {
  /** For anything that has to happen at once, or nearly. @defaultValue 5_000 */
  readonly patienceMs?: number;
}

// A check borrows from any pool and looks at no connection but through the adapter's own functions.
type AnyAdapter = Adapter<unknown>;

const NOWHERE: Address = { host: '', port: 0 };

/** What a check has at hand. Everything it opens is closed after it. */
export class Context {
  readonly adapter: AnyAdapter;
  readonly patienceMs: number;
  readonly #pools: AdapterPool<unknown>[] = [];
  #proxy: FaultProxy | undefined = undefined;

  constructor(adapter: AnyAdapter, patienceMs: number) {
    this.adapter = adapter;
    this.patienceMs = patienceMs;
  }

  /** A pool of one connection, unless the options say otherwise. */
  async open(options: PoolOptions = {}): Promise<AdapterPool<unknown>> {
    return this.#keep(await this.adapter.open({ max: 1, ...options }, this.adapter.server ?? NOWHERE));
  }

  /** As `open`, with a proxy in the way. */
  async openThroughProxy(options: PoolOptions = {}): Promise<{ pool: AdapterPool<unknown>; proxy: FaultProxy }> {
    this.#proxy ??= await startFaultProxy({ to: this.adapter.server! });
    const pool = this.#keep(await this.adapter.open({ max: 1, ...options }, this.#proxy));
    return { pool, proxy: this.#proxy };
  }

  async openRefused(options: PoolOptions = {}): Promise<AdapterPool<unknown>> {
    return this.#keep(await this.adapter.openRefused!({ max: 1, ...options }));
  }

  /** Fails instead of hanging. */
  soon<T>(what: string, promise: Promise<T>): Promise<T> {
    return within(this.patienceMs, what, promise);
  }

  async cleanUp(): Promise<void> {
    await this.#proxy?.close();
    await within(2 * this.patienceMs, 'closing the pools after the check', Promise.all(this.#pools.map((pool) => pool.close())));
  }

  #keep(pool: AdapterPool<unknown>): AdapterPool<unknown> {
    this.#pools.push(pool);
    return pool;
  }
}

/** Runs one check against an adapter. Rejects when the adapter does not pass. */
export async function runCheck<C, P extends AdapterPool<C>>(
  check: Check,
  adapter: Adapter<C, P>,
  { patienceMs = 5_000 }: CheckOptions = {},
): Promise<void> {
  const context = new Context(adapter as unknown as AnyAdapter, patienceMs);
  try {
    await check.run(context);
  } finally {
    // What the check found is the news; that closing hangs too is its consequence.
    await context.cleanUp().catch(() => undefined);
  }
}

/** The capability that keeps the check from being run, if there is one. */
export function missingFor<C, P extends AdapterPool<C>>(check: Check, adapter: Adapter<C, P>): Capability | undefined {
  return check.needs.find((capability) => adapter.differs[capability] !== undefined);
}
