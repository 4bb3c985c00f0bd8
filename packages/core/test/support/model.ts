// Drives one pool by random actions, and writes down each rule that it breaks. What it knows of the pool it has from outside:
// the events, the leases, the factory.

import type { Behaviour, ScriptedConnection } from '@pool/testing';
import type { Lease } from '../../src/index.ts';
import { brokenLaws, brokenLawsAtTheEnd } from './laws.ts';
import { poolOf, type TestPool } from './pool-of.ts';
import { watch, type Watched } from './promises.ts';

export type Step = 'create' | 'validate' | 'reset' | 'destroy';

export type Action =
  | { readonly do: 'acquire'; readonly timeoutMs: number }
  | { readonly do: 'tryAcquire' | 'pause' | 'resume' | 'close' }
  | { readonly do: 'release' | 'destroy' | 'abort' | 'lose' | 'break' | 'evict'; readonly which: number }
  | { readonly do: 'advance' | 'stall'; readonly ms: number }
  | { readonly do: 'resize'; readonly max: number; readonly min: number }
  | { readonly do: 'clear'; readonly interrupt: boolean }
  | {
      readonly do: 'fault';
      readonly step: Step;
      readonly behaviour: Behaviour;
      readonly kind: 'transient' | 'unavailable' | 'overload' | 'fatal';
    };

export interface ModelOptions {
  readonly max: number;
  readonly min: number;
  readonly maxUses: number;
  readonly maxLeaseMs: number;
}

interface Caller {
  readonly acquire: Watched<Lease<ScriptedConnection>>;
  readonly abort: AbortController;
}

interface Borrowed {
  readonly lease: Lease<ScriptedConnection>;
  /** Its borrower has ended it: what comes after is misuse. */
  isOver: boolean;
}

// No create that arrives, and no destroy that ends, after the pool has stopped counting it: then the factory counts as the pool does.
const TIMES = {
  createTimeoutMs: 100,
  validateTimeoutMs: 200,
  resetTimeoutMs: 200,
  destroyTimeoutMs: 300,
  closeGraceMs: 500,
};

export class Model {
  readonly broken = new Set<string>();
  readonly #setup: TestPool;
  readonly #callers: Caller[] = [];
  readonly #borrowed: Borrowed[] = [];
  /** Callers that wait, in the order of their acquire. */
  readonly #line = new Set<string>();
  readonly #lent = new Set<number>();
  readonly #dead = new Set<number>();
  /** The generation in which the create of a connection began. */
  readonly #bornIn = new Map<number, number>();
  #bound: number;
  #misused = 0;
  #closed: Watched<void> | undefined = undefined;

  constructor(options: ModelOptions) {
    this.#setup = poolOf({
      ...TIMES,
      ...options,
      acquireTimeoutMs: 2_000,
      validateAfterIdleMs: 100,
      idleTimeoutMs: 5_000,
    });
    this.#bound = options.max;
    this.#watchTheFactory();
    this.#watchTheEvents();
  }

  #watchTheFactory(): void {
    const { factory, pool } = this.#setup;
    const create = factory.create.bind(factory);
    factory.create = (context) => {
      this.#bornIn.set(factory.calls.create + 1, pool.stats().generation);
      return create(context);
    };
  }

  #watchTheEvents(): void {
    const { pool } = this.#setup;
    pool.on('lease:acquired', ({ label, connectionId }) => {
      const [first] = this.#line;
      this.#check(first === label, `P3 ${label ?? 'tryAcquire'} is served before ${first}`);
      if (label !== undefined) this.#line.delete(label);
      this.#check(!this.#lent.has(connectionId), `I4 connection ${connectionId} is lent to two`);
      this.#check(
        !this.#dead.has(connectionId),
        `P11 connection ${connectionId} is lent although it is dead`,
      );
      this.#check(
        this.#bornIn.get(connectionId) === pool.stats().generation,
        `P17 connection ${connectionId} is lent after clear()`,
      );
      this.#lent.add(connectionId);
    });
    pool.on('lease:released', ({ connectionId }) => this.#lent.delete(connectionId));
    pool.on('acquire:failed', ({ label }) =>
      this.#check(this.#line.delete(label!), `I9 ${label} fails after it was answered`),
    );
    pool.on('error', ({ phase }) => this.#check(phase !== 'listener', 'P21 a listener failed'));
  }

  async act(action: Action): Promise<void> {
    await this.#act(action);
    this.#checkNow();
    await this.#setup.clock.settle();
    this.#checkNow();
    this.#checkWakeUps();
  }

  #act(action: Action): void | Promise<void> {
    const { pool, clock } = this.#setup;
    if ('which' in action) return this.#actOn(action.do, action.which);
    if ('ms' in action) return clock[action.do](action.ms);
    if (action.do === 'acquire') return this.#acquire(action.timeoutMs);
    if (action.do === 'tryAcquire') return this.#borrow(pool.tryAcquire());
    if (action.do === 'close') this.#closed ??= watch(pool.close());
    else if ('max' in action || 'interrupt' in action || 'step' in action) this.#change(action);
    else pool[action.do]();
  }

  #change(action: Extract<Action, { do: 'resize' | 'clear' | 'fault' }>): void {
    const { pool, factory } = this.#setup;
    if (action.do === 'clear') return pool.clear({ interrupt: action.interrupt });
    if (action.do === 'fault') {
      factory.script[action.step] = action.behaviour;
      factory.script.classify = action.kind;
      return;
    }
    pool.resize({ max: action.max, min: Math.min(action.min, action.max) });
    this.#bound = Math.max(action.max, this.#bound);
  }

  #actOn(what: 'release' | 'destroy' | 'abort' | 'lose' | 'break' | 'evict', which: number): void {
    const { pool, factory } = this.#setup;
    const connection = pick(factory.connections, which);
    if (what === 'release' || what === 'destroy') return this.#end(pick(this.#borrowed, which), what);
    if (what === 'abort') return pick(this.#callers, which)?.abort.abort();
    if (what === 'evict') return void pool.evict(({ id }) => id % 3 === which % 3);
    if (connection === undefined) return;
    this.#dead.add(connection.id);
    if (what === 'lose') connection.lost();
    else connection.isBroken = true;
  }

  #acquire(timeoutMs: number): void {
    const abort = new AbortController();
    const label = `caller ${this.#callers.length}`;
    this.#line.add(label);
    const promise = this.#setup.pool.acquire({ signal: abort.signal, timeoutMs, label });
    this.#callers.push({ acquire: watch(promise), abort });
    promise.then(
      (lease) => this.#borrow(lease),
      () => {},
    );
  }

  #borrow(lease: Lease<ScriptedConnection> | undefined): void {
    if (lease !== undefined) this.#borrowed.push({ lease, isOver: false });
  }

  /** Also for a second time, and after the pool has ended the lease. */
  #end(borrowed: Borrowed | undefined, how: 'release' | 'destroy'): void {
    if (borrowed === undefined) return;
    if (borrowed.isOver) this.#misused++;
    borrowed.isOver = true;
    borrowed.lease[how]();
  }

  #checkNow(): void {
    const { pool, factory } = this.#setup;
    const { size, max } = pool.stats();
    for (const law of brokenLaws(pool as never)) this.broken.add(law);
    // A smaller max is reached as connections come back: meanwhile there is never one more than there was.
    this.#bound = Math.max(max, Math.min(this.#bound, size));
    this.#check(size <= this.#bound, `P1 size ${size} is above max ${max}`);
    this.#check(factory.open <= size, `P1 the server sees ${factory.open} connections, the pool ${size}`);
    this.#check(pool.metrics().counters.misused === this.#misused, 'P9 misuse is not counted right');
    for (const { id, destroyed } of factory.connections) {
      this.#check(destroyed.length <= 1, `P11 connection ${id} is closed twice: ${destroyed.join(', ')}`);
      this.#check(destroyed.length === 0 || !this.#lent.has(id), `P11 connection ${id} is closed and lent`);
    }
    const held = this.#borrowed.filter(({ lease }) => !lease.isEnded).map(({ lease }) => lease.connection.id);
    this.#check(new Set(held).size === held.length, 'I4 two leases have the same connection');
  }

  /** I8: whoever waits has something to wait for. */
  #checkWakeUps(): void {
    const { waiting, phase, size, max, idle, creating, checking, resetting, connectFailure } =
      this.#setup.pool.stats();
    this.#check(waiting === this.#line.size, 'P22 waiting is not the number of those that wait');
    if (waiting === 0 || phase !== 'open') return;
    const underWay = creating + checking + resetting;
    this.#check(
      underWay > 0 || size >= max || connectFailure !== undefined,
      'I8 somebody waits, and there is room',
    );
    this.#check(idle === 0 || underWay > 0, 'I8 somebody waits, and a connection is idle');
  }

  /** The faults stop, everybody gives back what he has: then all is well, and after close() nothing is left. */
  async end(): Promise<string[]> {
    const { pool, clock, factory } = this.#setup;
    for (const step of ['create', 'validate', 'reset', 'destroy'] as const) factory.script[step] = 'ok';
    for (const borrowed of this.#borrowed) if (!borrowed.isOver) this.#end(borrowed, 'release');
    pool.resume();
    await clock.advance(40_000);
    for (const borrowed of this.#borrowed) if (!borrowed.isOver) this.#end(borrowed, 'release');
    await clock.advance(1_000);
    this.#checkNow();
    this.#check(
      this.#callers.every(({ acquire }) => acquire.state !== 'pending'),
      'I9 a caller is never answered',
    );
    if (this.#closed === undefined) await this.#checkHealth();

    this.#closed ??= watch(pool.close());
    await clock.advance(1_000);
    this.#check(this.#closed.state === 'fulfilled', 'P19 close() is never done');
    this.#check(clock.pendingTimers === 0, `P19 ${clock.pendingTimers} timers are left`);
    this.#check(factory.open === 0, `P19 the server still sees ${factory.open} connections`);
    this.#check(
      factory.connections.every(({ destroyed }) => destroyed.length === 1),
      'P11 a connection was not closed once',
    );
    return [...this.broken, ...brokenLawsAtTheEnd(pool as never)];
  }

  async #checkHealth(): Promise<void> {
    const { pool, clock } = this.#setup;
    this.#line.add('last');
    const last = watch(pool.use(() => 'served', { label: 'last' }));
    await clock.advance(1_000);
    const { idle, min, max, size } = pool.stats();
    this.#check(last.value === 'served', `P12 the pool does not recover: ${String(last.error)}`);
    this.#check(idle >= min, `P15 min is ${min}, and ${idle} are idle`);
    this.#check(size <= max, `P17 max is ${max}, and there are ${size}`);
  }

  #check(isKept: boolean, rule: string): void {
    if (!isKept) this.broken.add(rule);
  }
}

function pick<T>(among: readonly T[], which: number): T | undefined {
  // Mostly one of the latest: the others are over.
  return among.length === 0 ? undefined : among[Math.max(0, among.length - 1 - (which % 8))];
}
