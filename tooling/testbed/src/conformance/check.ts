import assert from 'node:assert/strict';
import type { PoolOptions } from '@pool/core';
import { startFaultProxy, type Address, type FaultProxy } from '../fault-proxy.ts';
import type { Adapter, AdapterPool, Capability } from './adapter.ts';
import { freshToken } from './tokens.ts';
import { turn, until, within } from './waiting.ts';

/** One thing that is true of every adapter. A plain function that throws when it is not: any runner can run it. */
export interface Check {
  /** Short, unique: what a proof that the suite can go red refers to. */
  readonly id: string;
  /** Of docs/contract.md. */
  readonly rule: string;
  /** A sentence that could be false. */
  readonly title: string;
  readonly needs: readonly Capability[];
  run(context: Context): Promise<void>;
}

export interface CheckOptions {
  /** For anything that has to happen at once, or nearly. @defaultValue 5_000 */
  readonly patienceMs?: number;
}

// Long enough for a timer of no milliseconds and for a round trip on the loopback.
const PATIENT_TURNS = 20;
const PATIENT_MS = 5;

// A check borrows from any pool and looks at no connection but through the adapter's own functions.
type AnyAdapter = Adapter<unknown>;

const NOWHERE: Address = { host: '', port: 0 };

// One connection, so that the next borrower gets the very same one. What a failed check leaves behind is closed soon.
const DEFAULTS: PoolOptions = { max: 1, closeGraceMs: 100 };

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

  has(capability: Capability): boolean {
    return this.adapter.differs[capability] === undefined;
  }

  /** A pool of one connection, unless the options say otherwise. */
  async open(options: PoolOptions = {}): Promise<AdapterPool<unknown>> {
    return this.#keep(await this.adapter.open({ ...DEFAULTS, ...options }, this.adapter.server ?? NOWHERE));
  }

  /** As `open`, with a proxy in the way. */
  async openThroughProxy(
    options: PoolOptions = {},
  ): Promise<{ pool: AdapterPool<unknown>; proxy: FaultProxy }> {
    this.#proxy ??= await startFaultProxy({ to: this.adapter.server! });
    const pool = this.#keep(await this.adapter.open({ ...DEFAULTS, ...options }, this.#proxy.address));
    return { pool, proxy: this.#proxy };
  }

  async openRefused(options: PoolOptions = {}): Promise<AdapterPool<unknown>> {
    return this.#keep(await this.adapter.openRefused!({ ...DEFAULTS, ...options }));
  }

  /** Fails instead of hanging. */
  soon<T>(what: string, promise: Promise<T>): Promise<T> {
    return within(this.patienceMs, what, promise);
  }

  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    return until(this.patienceMs, what, isSo);
  }

  /** Borrows, and gets the answer to its own question. */
  async works(pool: AdapterPool<unknown>, why = 'the pool works'): Promise<void> {
    await this.soon(
      why,
      pool.use((connection) => this.answers(connection)),
    );
  }

  /** Fails unless the connection answers what it was asked. */
  async answers(connection: unknown): Promise<void> {
    const token = freshToken();
    assert.equal(await this.adapter.echo(connection, token), token, 'a query got the answer to another one');
  }

  /** Fails if the promise settles while the pool has every opportunity to settle it. */
  async staysPending(what: string, promise: Promise<unknown>): Promise<void> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    const since = performance.now();
    for (let turns = 0; turns < PATIENT_TURNS || performance.now() - since < PATIENT_MS; turns++)
      await turn();
    assert.ok(!isSettled, `${what}: was to wait, and did not`);
  }

  async cleanUp(): Promise<void> {
    await this.#proxy?.close();
    await this.soon('closing after the check', Promise.all(this.#pools.map((pool) => pool.close())));
  }

  #keep(pool: AdapterPool<unknown>): AdapterPool<unknown> {
    pool.on?.('error', () => undefined);
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
  const context = new Context(adapter, patienceMs);
  try {
    await check.run(context);
  } catch (error) {
    // What the check found is the news; that closing fails too is its consequence.
    await context.cleanUp().catch(() => undefined);
    throw error;
  }
  await context.cleanUp();
}

/** The capability that keeps the check from being run, if there is one. */
export function missingFor<C, P extends AdapterPool<C>>(
  check: Check,
  adapter: Adapter<C, P>,
): Capability | undefined {
  return check.needs.find((capability) => adapter.differs[capability] !== undefined);
}
