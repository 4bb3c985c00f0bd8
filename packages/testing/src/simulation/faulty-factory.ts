// Any factory, made to fail: each step does first what the script says, then what the factory does.

import type { CloseReason, ConnectFailureKind, CreateContext, Factory } from '@pool/core';
import type { Script } from '../script.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Traits } from './plan.ts';

type Stillborn = 'at once' | 'before it is there' | 'as it is there';

// The longest step makes some hundred.
const MOST_CREATES = 1_000;

export class FaultyFactory<C> {
  readonly #inner: Factory<C>;
  readonly #script: Script;
  readonly #ledger: Ledger<C>;
  readonly #onConnect: () => void;
  kind: ConnectFailureKind | 'throws' = 'transient';
  /** The driver takes every connection for broken. */
  isSick = false;
  /** In this step. */
  creates = 0;
  #stillborn: Stillborn[] = [];

  constructor(inner: Factory<C>, script: Script, ledger: Ledger<C>, onConnect: () => void) {
    this.#inner = inner;
    this.#script = script;
    this.#ledger = ledger;
    this.#onConnect = onConnect;
  }

  nextStillborn(when: Stillborn): void {
    this.#stillborn.push(when);
  }

  heal(): void {
    this.isSick = false;
    this.#stillborn = [];
    this.kind = 'transient';
  }

  /** As an adapter would hand it to the pool: members that it lacks are missing. */
  asFactory(traits: Traits): Factory<C> {
    const { validates, resets, knowsBroken, classifies, closes } = traits;
    const inner = this.#inner;
    return {
      create: (context) => this.#create(context),
      destroy: (connection, reason) => this.#destroy(connection, reason),
      ...(validates &&
        inner.validate && { validate: (c: C, signal: AbortSignal) => this.#validate(c, signal) }),
      ...(resets && inner.reset && { reset: (c: C, signal: AbortSignal) => this.#reset(c, signal) }),
      ...(knowsBroken && { isBroken: (c: C) => this.#isBroken(c) }),
      ...(classifies && { classify: (error: unknown) => this.#classify(error) }),
      ...((closes || inner.close) && { close: () => this.#close() }),
      ...(inner.outage && { outage: () => inner.outage!() }),
    };
  }

  async #create(context: CreateContext): Promise<C> {
    // Whoever tries again at once, for ever, is stopped by an answer that never comes.
    if (++this.creates > MOST_CREATES) return this.#ledger.spins();
    const entry = this.#ledger.begin(context);
    this.#onConnect();
    const stillborn = this.#stillborn.shift();
    const lose = (): void => {
      entry.isDead = true;
      context.lost(new Error('lost while it was opened'));
    };
    if (stillborn === 'at once') lose();
    try {
      await this.#script.run('create', context.signal);
      if (stillborn === 'before it is there') lose();
      const connection = await this.#inner.create(context);
      this.#ledger.opens(entry, connection);
      if (stillborn === 'as it is there') lose();
      return connection;
    } catch (error) {
      this.#ledger.ends(entry);
      throw error;
    }
  }

  /** The connection itself is always closed, exactly once; what fails, hangs or takes its time is the answer. */
  #destroy(connection: C, reason: CloseReason): void | Promise<void> {
    const entry = this.#ledger.closes(connection, reason);
    if (entry === undefined) return undefined;
    let closed: void | Promise<void>;
    let pending: void | Promise<void>;
    try {
      closed = this.#inner.destroy(connection, reason);
      pending = this.#script.run('destroy');
    } catch (error) {
      this.#ledger.ends(entry);
      throw error;
    }
    if (pending === undefined && closed === undefined) return this.#ledger.ends(entry);
    return Promise.all([closed, pending]).then(
      () => this.#ledger.ends(entry),
      (error: unknown) => {
        this.#ledger.ends(entry);
        throw error;
      },
    );
  }

  /** Fails, hangs or takes its time as `destroy` does. */
  #close(): void | Promise<void> {
    this.#ledger.closesShared();
    const closed = this.#inner.close?.();
    const pending = this.#script.run('destroy');
    return closed === undefined ? pending : closed.then(() => pending);
  }

  #isBroken(connection: C): boolean {
    const { broken } = this.#ledger.of(connection);
    if (broken === 'throws') throw new Error('isBroken threw');
    return this.isSick || broken === 'yes' || this.#inner.isBroken?.(connection) === true;
  }

  #validate(connection: C, signal: AbortSignal): void | Promise<void> {
    const entry = this.#ledger.begins(connection, 'validate');
    return this.#run('validate', entry, signal, () => this.#inner.validate!(connection, signal));
  }

  #reset(connection: C, signal: AbortSignal): void | Promise<void> {
    const entry = this.#ledger.begins(connection, 'reset');
    return this.#run('reset', entry, signal, () => this.#inner.reset!(connection, signal));
  }

  /** In the same tick where both the script and the factory are. */
  #run(
    step: 'validate' | 'reset',
    entry: Entry<C>,
    signal: AbortSignal,
    call: () => void | Promise<void>,
  ): void | Promise<void> {
    const done = (): void => {
      entry.busy = undefined;
      if (step === 'reset') entry.isSoiled = false;
    };
    const failed = (error: unknown): never => {
      entry.busy = undefined;
      throw error;
    };
    let pending: void | Promise<void>;
    try {
      pending = this.#script.run(step, signal);
      pending = pending === undefined ? call() : pending.then(call);
    } catch (error) {
      return failed(error);
    }
    return pending === undefined ? done() : pending.then(done, failed);
  }

  #classify(error: unknown): ConnectFailureKind {
    if (this.kind === 'throws') throw new Error('classify threw');
    return this.#inner.classify === undefined ? this.kind : this.#inner.classify(error);
  }
}
