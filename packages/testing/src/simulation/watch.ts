// Owns what is checked after every step. See the README for which invariant is checked where.

import type { Pool, PoolEventName, PoolEvents, PoolStats, ResolvedOptions } from '@pool/core';
import { brokenLawsOf } from '../laws.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { Callers } from './callers.ts';
import type { Findings } from './findings.ts';
import type { Leases } from './leases.ts';
import type { Ledger } from './ledger.ts';

export interface Watched<C> {
  readonly pool: Pool<C>;
  readonly clock: VirtualClock;
  readonly findings: Findings;
  readonly ledger: Ledger<C>;
  readonly callers: Callers;
  readonly leases: Leases<C>;
  readonly options: ResolvedOptions;
  readonly isHeard: boolean;
  readonly brokenRules: ((pool: Pool<C>) => readonly string[]) | undefined;
}

export class Watch<C> {
  readonly #watched: Watched<C>;
  /** Size may not exceed it: `max`, or while it shrinks what there was. */
  #bound: number;
  /** Since the last success: not earlier than this may the next connect begin. */
  #retryAt = -Infinity;
  /** The last failure is one that those who wait are told of. */
  #mayTell = false;
  #closing: { readonly at: number; readonly stalledMs: number } | undefined = undefined;
  /** How many calls of `clear({ interrupt: true })` the pool is inside of. */
  interrupting = 0;
  /** Calls of `ready()`, whose callers come and go by themselves, and of `tryAcquire()`, which wait for nothing. */
  wanted = 0;
  /** How long the loop was blocked, in all: so much later things may be. */
  stalledMs = 0;

  constructor(watched: Watched<C>) {
    this.#watched = watched;
    this.#bound = watched.pool.stats().max;
  }

  /** What the pool tells. */
  readonly heard: { readonly [E in PoolEventName]?: (payload: PoolEvents[E]) => void } = {
    'lease:acquired': (lease) => {
      const { callers, leases, clock } = this.#watched;
      const caller = callers.served(lease.label, clock.now());
      leases.acquired(lease, clock.now());
      // The pool ends it by itself.
      if (caller?.isReadying === true) leases.ends(lease.leaseId);
    },
    'lease:released': (lease) => {
      const now = this.#watched.clock.now();
      this.#watched.leases.released(lease, now, (heldMs) => this.#mayCut(heldMs, now));
    },
    'acquire:failed': (failed) => {
      this.#watched.callers.failed(failed, this.#watched.clock.now());
      this.#checkRefusal(failed.reason);
    },
    'connection:created': ({ connectionId }) => {
      // One that was given up and comes all the same is no success.
      const entry = this.#watched.ledger.byId(connectionId);
      if (entry?.context.signal.aborted === false) this.#retryAt = -Infinity;
      if (entry !== undefined) entry.adoptedAt = this.#watched.clock.now();
    },
    'connect:failed': ({ retryInMs, kind }) => {
      this.#retryAt = this.#watched.clock.now() + retryInMs;
      this.#mayTell = kind === 'fatal' || kind === 'unavailable';
    },
    error: ({ phase, error }) => {
      const isExpected = phase !== 'listener' || isOurs(error);
      this.#watched.findings.check(isExpected, 'P21 a listener failed', () => String(error));
    },
  };

  #mayCut(heldMs: number, now: number): boolean {
    const { maxLeaseMs, closeGraceMs } = this.#watched.options;
    const isGraceOver = this.#closing !== undefined && now >= this.#closing.at + closeGraceMs;
    return this.interrupting > 0 || heldMs >= maxLeaseMs || isGraceOver;
  }

  #checkRefusal(reason: PoolEvents['acquire:failed']['reason']): void {
    const { findings, pool, options } = this.#watched;
    const { waiting, phase } = pool.stats();
    const { maxWaiting } = options;
    if (reason === 'queue-full') findings.check(waiting >= maxWaiting, 'I26 P8 the queue is not full');
    if (reason === 'closed')
      findings.check(phase === 'closing' || phase === 'closed', 'I9 P19 the pool is not closed');
    if (reason === 'connect') findings.check(this.#mayTell, 'I9 P12 a caller fails though retrying may help');
  }

  /** The pool opens a connection, right now. */
  connects(): void {
    const { findings, pool, ledger, options, clock } = this.#watched;
    const { phase, connectFailure, creating, waiting, min, size, closing } = pool.stats();
    findings.check(phase === 'open', 'P17 a connect begins while the pool is not open', () => phase);
    const { maxConnecting } = options;
    findings.check(
      ledger.connecting <= maxConnecting,
      'I13 P4 more than maxConnecting connects',
      () => `${ledger.connecting}`,
    );
    if (connectFailure !== undefined) {
      findings.check(creating === 1, 'I14 P12 two connects at once after a failure');
      findings.check(
        clock.now() >= this.#retryAt - 1e-6,
        'I14 P12 a connect begins before its pause is over',
      );
    }
    // Where nobody may wait, a refused caller calls for one all the same.
    const isWaitedFor = waiting + this.wanted > 0 || options.maxWaiting === 0;
    const isCalledFor = isWaitedFor || size - closing - ledger.doomed <= min || connectFailure !== undefined;
    findings.check(isCalledFor, 'I8 P4 a connect that nobody calls for', () => JSON.stringify(pool.stats()));
  }

  closes(): void {
    this.#closing ??= { at: this.#watched.clock.now(), stalledMs: this.stalledMs };
  }

  resized(max: number): void {
    this.#bound = Math.max(max, this.#bound);
  }

  /** At any moment, also within a turn. */
  checkNow(): void {
    const { pool, findings, ledger, leases, options, brokenRules } = this.#watched;
    const metrics = pool.metrics();
    const { size, max, waiting, generation } = metrics.gauges;
    findings.check(generation === ledger.generation, 'I22 P17 clear() makes no new generation');
    for (const law of brokenLawsOf(metrics, options.maxConnecting)) findings.add(...ruleOf(law));
    // A smaller max is reached as connections come back: meanwhile there is never one more than there was.
    this.#bound = Math.max(max, Math.min(this.#bound, size));
    findings.check(size <= this.#bound, 'I2 P1 size is above max', () => `${size} of ${max}`);
    findings.check(
      ledger.seen <= size,
      'I2 P1 the server sees more connections than the pool',
      () => `${ledger.seen}, and size is ${size}`,
    );
    findings.check(waiting <= options.maxWaiting + this.wanted, 'I26 P8 the queue is too long');
    const { misused } = metrics.counters;
    const isCounted = leases.misused <= misused && misused <= leases.misused + leases.cutUses;
    findings.check(isCounted || !this.#watched.isHeard, 'P9 misuse is not counted right', () => `${misused}`);
    leases.checkNow();
    for (const rule of brokenRules?.(pool) ?? []) findings.add(...ruleOf(rule));
  }

  /** When all that needs no time has happened. */
  checkAtRest(): void {
    const { pool, clock, findings, ledger, callers, leases } = this.#watched;
    const stats = pool.stats();
    const now = clock.now();
    ledger.checkAtRest();
    callers.checkAtRest(now, stats.waiting);
    const open = stats.idle + stats.checking + stats.leased + stats.resetting;
    findings.check(
      open === ledger.openCount,
      'I12 a connection is open, and not in the pool',
      () => `${ledger.openCount}, and the pool has ${open}`,
    );
    this.#checkTimers(stats);
    if (this.#closing === undefined) leases.checkAtRest(now);
    else this.#checkClosing(stats, now);
    if (stats.phase === 'open') this.#checkWakeUps(stats, now);
  }

  /** P20: what keeps the process alive is somebody who waits, and nothing else. */
  #checkTimers({ waiting, phase }: PoolStats): void {
    const { clock, findings } = this.#watched;
    const isAwaited = waiting > 0 || phase === 'closing';
    findings.check(
      isAwaited === clock.keepAliveTimers > 0,
      'I10 P20 the process is kept alive for nobody, or not for one who waits',
      () => JSON.stringify({ waiting, phase, timers: clock.keepAliveTimers }),
    );
  }

  #checkClosing({ phase, size }: PoolStats, now: number): void {
    const { options, findings } = this.#watched;
    const { at, stalledMs } = this.#closing!;
    const { closeGraceMs, destroyTimeoutMs } = options;
    // A connect that was given up may arrive just before it is forgotten, and then takes as long to close; so may what is shared.
    const boundMs = closeGraceMs + 3 * destroyTimeoutMs + (this.stalledMs - stalledMs);
    findings.check(
      phase === 'closed' || now <= at + boundMs,
      'I16 P19 close() takes longer than its bounds',
      () => `${now - at} ms`,
    );
    findings.check(phase === 'closing' || size === 0, 'I16 P19 the pool is closed, and has connections');
  }

  /** I8 and I15: whoever waits has something to wait for; what is missing is on its way. */
  #checkWakeUps(stats: PoolStats, now: number): void {
    const { findings, isHeard, ledger } = this.#watched;
    const { waiting, size, max, min, idle, creating, checking, resetting } = stats;
    const underWay = creating + checking + resetting;
    const isStuck = waiting > 0 && idle > 0 && underWay === 0;
    findings.check(!isStuck, 'I8 P2 somebody waits, and a connection is idle', () => JSON.stringify(stats));
    if (size >= max) return;
    const isShort = waiting > underWay;
    const isBelowMin = ledger.opened > 0 && size - stats.closing < min;
    if (stats.connectFailure === undefined) this.#checkConnecting(stats, isShort, isBelowMin);
    else if (isHeard && creating === 0 && now > this.#retryAt + 1e-6) {
      const rule = 'I8 P12 the pause after a failure is over, and nothing is tried';
      findings.check(!isShort && !isBelowMin, rule, () => JSON.stringify(stats));
    }
  }

  #checkConnecting(stats: PoolStats, isShort: boolean, isBelowMin: boolean): void {
    const { findings, options } = this.#watched;
    if (stats.creating >= options.maxConnecting) return;
    findings.check(!isShort, 'I8 P4 somebody waits, and there is room', () => JSON.stringify(stats));
    findings.check(!isBelowMin, 'I15 P15 min is not restored', () => JSON.stringify(stats));
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.message === LISTENER_THREW;
}

/** How the listeners of the simulator fail on purpose. */
export const LISTENER_THREW = 'a listener threw on purpose';

/** What follows the first colon is detail: it differs from one failure of the rule to the next. */
function ruleOf(law: string): [rule: string, detail: string] {
  const at = law.indexOf(': ');
  return at < 0 ? [law, ''] : [law.slice(0, at), law.slice(at + 2)];
}
