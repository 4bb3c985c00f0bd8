// What callers, borrowers, drivers and operators do with the pool. Each act is synchronous: what comes of it, comes later.

import {
  LeaseEndedError,
  type AcquireOptions,
  type Lease,
  type Pool,
  type ResolvedOptions,
} from '@pool/core';
import type { VirtualClock } from '../virtual-clock.ts';
import type { Act } from './action.ts';
import type { Caller, Callers } from './callers.ts';
import { TRYING } from './callers.ts';
import type { Findings } from './findings.ts';
import type { Held, Leases } from './leases.ts';
import type { Ledger } from './ledger.ts';
import type { Watch } from './watch.ts';

interface WorkloadParts<C> {
  readonly pool: Pool<C>;
  readonly clock: VirtualClock;
  readonly findings: Findings;
  readonly ledger: Ledger<C>;
  readonly callers: Callers;
  readonly leases: Leases<C>;
  readonly watch: Watch<C>;
  readonly options: ResolvedOptions;
}

type Acts = { readonly [N in Act['do']]: (act: Extract<Act, { readonly do: N }>) => void };

export class Workload<C> {
  readonly #parts: WorkloadParts<C>;
  #closed: Promise<void> | undefined = undefined;
  isClosed = false;
  /** Nobody keeps what he gets any more. */
  isOver = false;

  readonly #acts: Acts = {
    acquire: ({ timeoutMs }) => this.#acquire(timeoutMs),
    use: ({ ms, ends }) => this.#use(ms, ends),
    tryAcquire: () => this.#tryAcquire(),
    ready: () => this.#ready(),
    pause: () => this.#parts.pool.pause(),
    resume: () => this.#parts.pool.resume(),
    close: () => this.#close(),
    resize: ({ max, min }) => {
      this.#parts.watch.resized(max);
      this.#parts.pool.resize({ max, min: Math.min(min, max) });
    },
    clear: ({ interrupt }) => this.#clear(interrupt),
    evict: ({ which }) => this.#evict(which),
    lose: ({ which, times }) => this.#lose(which, times),
    break: ({ which }) => {
      const entry = pick(this.#parts.ledger.recent, which);
      if (entry !== undefined) entry.broken = which % 2 === 0 ? 'yes' : 'throws';
    },
    abort: ({ which }) => pick(this.#parts.callers.recent, which)?.abort?.abort(),
    touch: ({ which }) => this.#withHeld(which, (held) => this.#parts.leases.touch(held)),
    release: ({ which }) => this.#withHeld(which, (held) => this.#parts.leases.end(held, 'release')),
    destroy: ({ which }) => this.#withHeld(which, (held) => this.#parts.leases.end(held, 'destroy')),
  };

  constructor(parts: WorkloadParts<C>) {
    this.#parts = parts;
  }

  get isClosing(): boolean {
    return this.#closed !== undefined;
  }

  do(act: Act): void {
    (this.#acts[act.do] as (act: Act) => void)(act);
  }

  #withHeld(which: number, then: (held: Held<C>) => void): void {
    const held = pick(this.#parts.leases.held, which);
    if (held !== undefined) then(held);
  }

  #lose(which: number, times: number): void {
    const entry = pick(this.#parts.ledger.recent, which);
    if (entry === undefined) return;
    entry.isDead = true;
    for (let time = 0; time < times; time++) entry.context.lost(new Error('lost on purpose'));
  }

  #acquire(timeoutMs: number | undefined): void {
    const isPlain = timeoutMs === undefined && !this.#parts.callers.hasPlain;
    const caller = this.#enter(timeoutMs, isPlain);
    const lease = this.#parts.callers.during(caller, () =>
      isPlain ? this.#parts.pool.acquire() : this.#parts.pool.acquire(optionsOf(caller, timeoutMs)),
    );
    this.#settle(caller, lease, (given) => this.#hold(given));
  }

  #enter(timeoutMs: number | undefined, isPlain: boolean): Caller {
    const { acquireTimeoutMs } = this.#parts.options;
    return this.#parts.callers.enter({
      now: this.#parts.clock.now(),
      timeoutMs: timeoutMs ?? acquireTimeoutMs,
      isPlain,
    });
  }

  #settle<T>(caller: Caller, promise: Promise<T>, then: (value: T) => void): void {
    promise.then(
      (value) => {
        this.#parts.callers.settled(caller, undefined);
        then(value);
      },
      (error: unknown) => this.#parts.callers.settled(caller, { error }),
    );
  }

  #use(ms: number, ends: 'returns' | 'throws' | 'rejects' | 'destroys'): void {
    const caller = this.#enter(undefined, false);
    const failure = new Error(`the work ${ends} on purpose`);
    this.#parts.leases.expectUse(caller.label);
    const work = (_connection: C, lease: Lease<C>): Promise<void> => {
      this.#parts.leases.useBegins(caller.label);
      this.#parts.callers.settled(caller, undefined);
      if (ends === 'throws') {
        this.#parts.leases.ends(lease.id);
        throw failure;
      }
      return this.#work(lease, ms, ends === 'rejects' ? failure : undefined, ends === 'destroys');
    };
    const done = this.#parts.callers.during(caller, () =>
      this.#parts.pool.use(work, optionsOf(caller, undefined)),
    );
    done.catch((error: unknown) => {
      // The pool ended its lease before the work could begin.
      const isCut = error instanceof LeaseEndedError;
      if (error !== failure) this.#parts.callers.settled(caller, isCut ? undefined : { error });
    });
  }

  async #work(lease: Lease<C>, ms: number, failure: Error | undefined, destroys: boolean): Promise<void> {
    await new Promise<void>((resolve) => void this.#parts.clock.setTimer(resolve, ms, false));
    // The pool may have ended it meanwhile: then both are no misuse of the work's.
    this.#parts.leases.ends(lease.id);
    if (destroys && !lease.isEnded) lease.destroy();
    if (failure !== undefined) throw failure;
  }

  #tryAcquire(): void {
    this.#parts.watch.wanted++;
    const lease = this.#parts.pool.tryAcquire({ label: TRYING });
    this.#parts.watch.wanted--;
    if (lease !== undefined) this.#hold(lease);
  }

  #hold(lease: Lease<C>): void {
    const held = this.#parts.leases.hold(lease);
    if (this.isOver) this.#parts.leases.end(held, 'release');
  }

  #ready(): void {
    const { leased, min } = this.#parts.pool.stats();
    const count = Math.max(0, Math.max(1, min) - leased);
    const { acquireTimeoutMs } = this.#parts.options;
    const caller = this.#parts.callers.enterReady(this.#parts.clock.now(), acquireTimeoutMs, count);
    this.#parts.watch.wanted += count;
    const done = (): void => void (this.#parts.watch.wanted -= count);
    void this.#parts.callers.during(caller, () =>
      this.#parts.pool.ready(optionsOf(caller, undefined)).then(done, done),
    );
  }

  #clear(interrupt: boolean): void {
    if (interrupt) this.#parts.watch.interrupting++;
    this.#parts.ledger.generation++;
    this.#parts.pool.clear({ interrupt });
    if (interrupt) this.#parts.watch.interrupting--;
  }

  #evict(which: number): void {
    try {
      this.#parts.pool.evict((_connection, { connectionId }) => {
        if (which === 7) throw new Error('the predicate throws on purpose');
        return connectionId % 3 === which % 3;
      });
    } catch (error) {
      if (which !== 7) throw error;
    }
  }

  /** I17: every call answers with the same promise. */
  #close(): void {
    this.#parts.watch.closes();
    const closed = this.#parts.pool.close();
    this.#parts.findings.check(
      (this.#closed ?? closed) === closed,
      'I17 P19 a second close() gives another promise',
    );
    if (this.#closed !== undefined) return;
    this.#closed = closed;
    closed.then(
      () => (this.isClosed = true),
      (error: unknown) => this.#parts.findings.add('I16 P19 close() rejects', String(error)),
    );
  }
}

function optionsOf({ abort, label }: Caller, timeoutMs: number | undefined): AcquireOptions {
  return { signal: abort?.signal, label, timeoutMs };
}

function pick<T>(among: readonly T[], which: number): T | undefined {
  // Mostly one of the latest: the others are over.
  return among.length === 0 ? undefined : among[Math.max(0, among.length - 1 - which)];
}
