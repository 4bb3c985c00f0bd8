// What is known of each connection from outside: from the calls of the factory and from the events of the pool.

import type { CloseReason, CreateContext } from '@pool/core';
import type { Findings } from './findings.ts';

export interface Entry<C> {
  readonly id: number;
  /** The generation in which its create began. */
  readonly bornIn: number;
  readonly startedAt: number;
  readonly context: CreateContext;
  connection: C | undefined;
  phase: 'creating' | 'open' | 'closing' | 'gone';
  openedAt: number;
  /** As the pool tells: its age counts from then. */
  adoptedAt: number;
  destroyedAt: number;
  readonly destroyed: CloseReason[];
  /** Since when its signal is aborted. */
  givenUpAt: number;
  /** Reported lost, so that the pool knows. */
  isDead: boolean;
  /** The driver knows, and says so when it is asked. */
  broken: 'no' | 'yes' | 'throws';
  /** A borrower has used it, and nobody has reset it since. */
  isSoiled: boolean;
  /** `validate` or `reset` is under way, since when. */
  busy: 'validate' | 'reset' | undefined;
  busySince: number;
  isLent: boolean;
  uses: number;
}

/** How long the pool may take before it stops counting what does not end. */
export interface Bounds {
  readonly createTimeoutMs: number;
  readonly validateTimeoutMs: number;
  readonly resetTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly maxConnecting: number;
}

// Connections that are over stay within reach of late and repeated reports of their death.
const REMEMBERED = 16;

export class Ledger<C> {
  readonly #findings: Findings;
  readonly #bounds: Bounds;
  readonly #now: () => number;
  readonly #byConnection = new Map<C, Entry<C>>();
  readonly #byId = new Map<number, Entry<C>>();
  /** Those that a server sees: being opened, open or being closed. */
  readonly #alive = new Set<Entry<C>>();
  readonly recent: Entry<C>[] = [];
  /** Closed, by reason; and opened. */
  readonly closed: Partial<Record<CloseReason, number>> = {};
  opened = 0;
  sharedCloses = 0;
  /** How often the pool was told to clear. */
  generation = 0;
  #nextId = 1;

  constructor(findings: Findings, bounds: Bounds, now: () => number) {
    this.#findings = findings;
    this.#bounds = bounds;
    this.#now = now;
  }

  of(connection: C): Entry<C> {
    const entry = this.#byConnection.get(connection);
    if (entry === undefined)
      throw new Error('the pool hands over a connection that the factory did not open');
    return entry;
  }

  byId(id: number): Entry<C> | undefined {
    return this.#byId.get(id);
  }

  begin(context: CreateContext): Entry<C> {
    const entry: Entry<C> = {
      id: this.#nextId++,
      bornIn: this.generation,
      startedAt: this.#now(),
      context,
      connection: undefined,
      phase: 'creating',
      openedAt: 0,
      adoptedAt: 0,
      destroyedAt: 0,
      destroyed: [],
      givenUpAt: Infinity,
      isDead: false,
      broken: 'no',
      isSoiled: false,
      busy: undefined,
      busySince: 0,
      isLent: false,
      uses: 0,
    };
    context.signal.addEventListener('abort', () => (entry.givenUpAt = this.#now()), { once: true });
    this.#byId.set(entry.id, entry);
    this.#alive.add(entry);
    this.recent.push(entry);
    if (this.recent.length > REMEMBERED) this.recent.shift();
    return entry;
  }

  spins(): Promise<never> {
    this.#findings.add('P12 B9 the pool spins: it connects again and again, without a pause');
    return new Promise(() => {});
  }

  opens(entry: Entry<C>, connection: C): void {
    entry.connection = connection;
    entry.phase = 'open';
    entry.openedAt = this.#now();
    this.opened++;
    this.#byConnection.set(connection, entry);
  }

  /** Neither open nor being opened or closed any more. */
  ends(entry: Entry<C>): void {
    entry.phase = 'gone';
    this.#alive.delete(entry);
    this.#byId.delete(entry.id);
    if (entry.connection !== undefined) this.#byConnection.delete(entry.connection);
  }

  closes(connection: C, reason: CloseReason): Entry<C> | undefined {
    const entry = this.#byConnection.get(connection);
    if (entry === undefined) {
      this.#findings.add('I3 P11 a connection is closed twice, or was never opened', reason);
      return undefined;
    }
    entry.destroyed.push(reason);
    const { id, destroyed, isLent } = entry;
    this.#findings.check(
      destroyed.length === 1,
      'I3 P11 a connection is closed twice',
      () => `${id}: ${destroyed.join(', ')}`,
    );
    this.#findings.check(!isLent, 'I3 P11 a connection is closed and lent', () => `${id}: ${reason}`);
    entry.phase = 'closing';
    entry.destroyedAt = this.#now();
    this.closed[reason] = (this.closed[reason] ?? 0) + 1;
    return entry;
  }

  /** What the connections have in common is closed: once, and after all of them. */
  closesShared(): void {
    this.sharedCloses++;
    this.#findings.check(this.sharedCloses === 1, 'I16 P19 what is shared is closed twice');
    this.#findings.check(
      this.seen === 0,
      'I16 P19 what is shared is closed before a connection',
      () => `${this.seen}`,
    );
  }

  /** I3: one thing at a time, and only with an open connection that nobody has. */
  begins(connection: C, step: 'validate' | 'reset'): Entry<C> {
    const entry = this.of(connection);
    const { id, phase, isLent, busy, isDead } = entry;
    const state = (): string => JSON.stringify({ id, phase, isLent, busy, isDead });
    this.#findings.check(phase === 'open', `I3 ${step} of a connection that is not open`, state);
    this.#findings.check(!isLent, `I3 ${step} of a connection that is lent`, state);
    this.#findings.check(busy === undefined, `I3 ${step} of a connection that is busy`, state);
    this.#findings.check(!isDead, `P11 ${step} of a connection that is lost`, state);
    entry.busy = step;
    entry.busySince = this.#now();
    return entry;
  }

  /** Being opened, and still wanted. */
  get connecting(): number {
    let connecting = 0;
    for (const { phase, context } of this.#alive)
      if (phase === 'creating' && !context.signal.aborted) connecting++;
    return connecting;
  }

  /** Being opened, or just there, and to be closed on arrival. */
  get doomed(): number {
    let doomed = 0;
    for (const { phase, isDead, bornIn, context } of this.#alive) {
      const isUnderWay = (phase === 'creating' || phase === 'open') && !context.signal.aborted;
      if (isUnderWay && (isDead || bornIn !== this.generation)) doomed++;
    }
    return doomed;
  }

  /** I2: what a server sees, but for that which the pool has given up after its time. */
  get seen(): number {
    let seen = 0;
    for (const entry of this.#alive) if (!this.#isForgotten(entry)) seen++;
    return seen;
  }

  /** Open, not being closed: each must be in one of the pool's states. */
  get openCount(): number {
    let open = 0;
    for (const { phase } of this.#alive) if (phase === 'open') open++;
    return open;
  }

  get alive(): Iterable<Entry<C>> {
    return this.#alive;
  }

  #isForgotten({ phase, givenUpAt, openedAt, destroyedAt }: Entry<C>): boolean {
    const { destroyTimeoutMs } = this.#bounds;
    const now = this.#now();
    if (phase === 'creating') return now >= givenUpAt + destroyTimeoutMs;
    if (phase !== 'closing') return false;
    // What arrived after it was forgotten is never counted again.
    return now >= destroyedAt + destroyTimeoutMs || openedAt >= givenUpAt + destroyTimeoutMs;
  }

  /** I23 P13: at rest nothing is under way for longer than its time. */
  checkAtRest(): void {
    const { createTimeoutMs, validateTimeoutMs, resetTimeoutMs } = this.#bounds;
    for (const entry of this.#alive) {
      const { id, phase, busy, busySince, startedAt } = entry;
      const { aborted } = entry.context.signal;
      if (phase === 'closing') {
        const isOverdue = this.#now() >= entry.destroyedAt + this.#bounds.destroyTimeoutMs;
        this.#findings.check(
          !isOverdue || aborted,
          'P19 a close that takes too long is not told to stop',
          () => `${id}`,
        );
      }
      if (phase === 'creating') {
        this.#checkTime(startedAt, createTimeoutMs, aborted, 'create', id);
      } else if (busy !== undefined) {
        const timeoutMs = busy === 'validate' ? validateTimeoutMs : resetTimeoutMs;
        this.#checkTime(busySince, timeoutMs, aborted, busy, id);
        this.#findings.check(
          phase === 'open' || aborted,
          `P10 P13 ${busy} is under way on a connection that is closed, and is not told to stop`,
          () => `${id}`,
        );
      }
    }
  }

  #checkTime(since: number, timeoutMs: number, isGivenUp: boolean, step: string, id: number): void {
    const forMs = this.#now() - since;
    this.#findings.check(
      isGivenUp || forMs <= timeoutMs,
      `I23 P13 ${step} is not given up in time`,
      () => `connection ${id}, after ${forMs} of ${timeoutMs} ms`,
    );
  }
}
