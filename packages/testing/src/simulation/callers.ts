// Owns what is known of those who ask for a connection: their line, and that each is answered once, and rightly (I7, I9, I10, I11).

import { getEventListeners } from 'node:events';
import {
  AcquireTimeoutError,
  ConnectError,
  PoolClosedError,
  QueueFullError,
  type AcquireFailure,
  type PoolEvents,
} from '@pool/core';
import type { Findings } from './findings.ts';

export interface Caller {
  /** Missing for a plain `acquire()`. */
  readonly label: string | undefined;
  readonly since: number;
  readonly timeoutMs: number;
  readonly abort: AbortController | undefined;
  /** One of those of `ready()`: they share the label, and give back what they get. */
  readonly isReadying: boolean;
  /** In whose calls, by a listener, it made its own: it may stand in line before them. */
  readonly within: readonly Caller[];
  /** How long the turn went on in which it came: so much later its deadline may be. */
  slackMs: number;
  /** As told by the events. */
  failure: { readonly reason: AcquireFailure; readonly error: unknown } | undefined;
}

/** The error of each reason; `aborted` is the caller's own. */
const ERRORS: Partial<Record<AcquireFailure, abstract new (...args: never[]) => unknown>> = {
  timeout: AcquireTimeoutError,
  'queue-full': QueueFullError,
  closed: PoolClosedError,
  connect: ConnectError,
};

/** The label of `tryAcquire()`, which stands in no line. */
export const TRYING = 'tryAcquire';

export class Callers {
  readonly #findings: Findings;
  readonly #isHeard: boolean;
  /** In the order of their calls: who is not answered, as far as the events tell. */
  readonly line: Caller[] = [];
  /** Whose promise is pending. */
  readonly unsettled = new Set<Caller>();
  /** Came in this turn of the event loop. */
  #latest: Caller[] = [];
  readonly recent: Caller[] = [];
  readonly #calling: Caller[] = [];
  #nextId = 1;

  constructor(findings: Findings, isHeard: boolean) {
    this.#findings = findings;
    this.#isHeard = isHeard;
  }

  enter(caller: { now: number; timeoutMs: number; isPlain: boolean }): Caller {
    const { now, timeoutMs, isPlain } = caller;
    const entered = this.#make(now, timeoutMs, isPlain);

    this.#stand(entered);
    this.recent.push(entered);
    if (this.recent.length > 12) this.recent.shift();
    this.unsettled.add(entered);
    return entered;
  }

  /** Those of one call of `ready()`. */
  enterReady(now: number, timeoutMs: number, count: number): Caller {
    const caller: Caller = { ...this.#make(now, timeoutMs, false), isReadying: true };
    for (let entered = 0; entered < count; entered++) this.#stand(caller);
    return caller;
  }

  #make(now: number, timeoutMs: number, isPlain: boolean): Caller {
    return {
      label: isPlain ? undefined : `caller ${this.#nextId++}`,
      since: now,
      timeoutMs,
      abort: isPlain ? undefined : new AbortController(),
      isReadying: false,
      within: [...this.#calling],
      slackMs: 0,
      failure: undefined,
    };
  }

  #stand(caller: Caller): void {
    if (this.#isHeard) this.line.push(caller);
    this.#latest.push(caller);
  }

  /** A plain `acquire()` has no label: only one such caller at a time can be told apart. */
  get hasPlain(): boolean {
    return this.line.some(({ label }) => label === undefined);
  }

  /** The turn is over: it took this long. */
  endTurn(ms: number): void {
    for (const caller of this.#latest) caller.slackMs = ms;
    const [first] = this.#latest;
    // By the clock alone those of the turn before, at the same moment, cannot be told from them.
    for (const caller of this.line)
      if (caller.since === first?.since) caller.slackMs = Math.max(caller.slackMs, ms);
    this.#latest = [];
  }

  served(label: string | undefined, now: number): Caller | undefined {
    const isTrying = label === TRYING;
    const at = isTrying ? this.line.length : this.line.findIndex((caller) => caller.label === label);
    const served = this.line[at];
    const allowed = served?.within ?? this.#calling;
    // Whose time is up has left the line, and is about to hear of it.
    const overtaken = this.line
      .slice(0, Math.max(0, at))
      .find((caller) => !allowed.includes(caller) && now - caller.since < caller.timeoutMs);
    this.#findings.check(
      overtaken === undefined && (isTrying || served !== undefined),
      'I7 P3 a caller is served before others who came first',
      () => `${label ?? 'a plain one'} before ${overtaken?.label ?? 'a plain one'}`,
    );
    return this.#leave(label);
  }

  /** While its call of the pool goes on. */
  during<T>(caller: Caller, call: () => T): T {
    this.#calling.push(caller);
    try {
      return call();
    } finally {
      this.#calling.pop();
    }
  }

  failed({ label, reason, error }: PoolEvents['acquire:failed'], now: number): Caller | undefined {
    const caller = this.#leave(label);
    this.#findings.check(
      caller !== undefined,
      'I9 a caller fails after it was answered',
      () => label ?? 'plain',
    );
    if (caller === undefined) return undefined;
    caller.failure = { reason, error };
    this.#checkReason(caller, reason, error, now);
    return caller;
  }

  #checkReason(
    { abort, since, timeoutMs }: Caller,
    reason: AcquireFailure,
    error: unknown,
    now: number,
  ): void {
    const { signal } = abort ?? {};
    const isRight =
      reason === 'aborted'
        ? signal?.aborted === true && error === signal.reason
        : error instanceof (ERRORS[reason] ?? Error);
    this.#findings.check(
      isRight,
      'I9 P6 a caller fails with an error that does not fit',
      () => `${reason}: ${String(error)}`,
    );
    if (reason !== 'timeout') return;
    // The sum of a time and a duration is off by less than this.
    const isDue = now - since >= timeoutMs - 1e-6;
    this.#findings.check(
      isDue,
      'I11 P7 a caller fails before its deadline',
      () => `after ${now - since} of ${timeoutMs} ms`,
    );
  }

  #leave(label: string | undefined): Caller | undefined {
    const at = this.line.findIndex((caller) => caller.label === label);
    return at < 0 ? undefined : this.line.splice(at, 1)[0];
  }

  /** The caller's promise has settled. @param error what it rejects with, if it does */
  settled(caller: Caller, outcome: { readonly error: unknown } | undefined): void {
    this.unsettled.delete(caller);
    if (caller.abort !== undefined) {
      const left = getEventListeners(caller.abort.signal, 'abort').length;
      this.#findings.check(left === 0, 'I10 P6 an answered caller leaves a listener on its signal');
    }
    if (!this.#isHeard) return;
    this.#findings.check(!this.line.includes(caller), 'I9 a caller is answered, and no event tells of it');
    if (outcome === undefined)
      this.#findings.check(caller.failure === undefined, 'I9 a caller is told to fail, and served');
    else
      this.#findings.check(
        caller.failure?.error === outcome.error,
        'I9 a caller gets another error than the event has',
      );
  }

  checkAtRest(now: number, waiting: number): void {
    if (!this.#isHeard) return;
    this.#findings.check(
      waiting === this.line.length,
      'I24 P22 waiting is not the number of those that wait',
      () => `${waiting}, and ${this.line.length} wait`,
    );
    for (const { since, timeoutMs, slackMs, abort } of this.line) {
      this.#findings.check(abort?.signal.aborted !== true, 'I9 P6 a caller that has aborted still waits');
      // Deadlines are rounded up to whole milliseconds.
      const isInTime = now - since <= timeoutMs + slackMs + 1;
      this.#findings.check(
        isInTime,
        'I11 P5 a caller waits beyond its deadline',
        () => `${now - since} of ${timeoutMs} ms`,
      );
    }
    for (const caller of this.unsettled) {
      if (caller.failure === undefined) continue;
      this.#findings.add('I9 P21 a caller fails, and its promise stays pending', caller.label);
    }
  }
}
