// Owns what is known of the leases: who may hold what, and who ended it (I3, I4, I18, I19, I20, I21, I22).

import type { Lease, PoolEvents, ResolvedOptions } from '@pool/core';
import type { Entry, Ledger } from './ledger.ts';
import type { Findings } from './findings.ts';

/** A lease, as told by the events. */
interface Lent<C> {
  readonly id: number;
  readonly since: number;
  readonly entry: Entry<C>;
  /** Its borrower is ending it. */
  isOver: boolean;
}

/** A lease in the hands of its borrower. */
export interface Held<C> {
  readonly lease: Lease<C>;
  /** Its borrower has ended it: what comes after is misuse. */
  isOver: boolean;
}

const REMEMBERED = 16;

export class Leases<C> {
  readonly #findings: Findings;
  readonly #ledger: Ledger<C>;
  readonly #options: ResolvedOptions;
  /** Of the factory. */
  readonly #knowsBroken: boolean;
  readonly #resets: boolean;
  readonly #lent = new Map<number, Lent<C>>();
  #lastId = 0;
  readonly held: Held<C>[] = [];
  /** What the pool is to have counted: so many, and perhaps those of `use()` that it cut before their work began. */
  misused = 0;
  cutUses = 0;
  readonly #usesToCome = new Set<string>();

  constructor(parts: {
    findings: Findings;
    ledger: Ledger<C>;
    options: ResolvedOptions;
    knowsBroken: boolean;
    resets: boolean;
  }) {
    this.#findings = parts.findings;
    this.#ledger = parts.ledger;
    this.#options = parts.options;
    this.#knowsBroken = parts.knowsBroken;
    this.#resets = parts.resets;
  }

  acquired({ leaseId, connectionId }: PoolEvents['lease:acquired'], now: number): void {
    this.#findings.check(leaseId > this.#lastId, 'I4 P9 a lease is not a fresh one', () => `${leaseId}`);
    this.#lastId = Math.max(leaseId, this.#lastId);
    const entry = this.#ledger.byId(connectionId);
    if (entry === undefined || entry.phase !== 'open') {
      this.#findings.add(
        'P11 I3 a connection is lent that is not open',
        `${connectionId} is ${entry?.phase ?? 'gone'}`,
      );
      return;
    }
    this.#checkFit(entry, now);
    entry.isLent = true;
    entry.uses++;
    entry.isSoiled = this.#resets;
    this.#lent.set(leaseId, { id: leaseId, since: now, entry, isOver: false });
  }

  #checkFit(entry: Entry<C>, now: number): void {
    const { id, bornIn, adoptedAt, uses, broken } = entry;
    const { maxLifetimeMs, maxUses } = this.#options;
    const rules: [isKept: boolean, rule: string][] = [
      [!entry.isLent, 'I4 a connection is lent to two'],
      [entry.busy === undefined, 'I3 a connection is lent while the pool is busy with it'],
      [!entry.isDead, 'P11 a connection is lent that was reported lost'],
      [broken === 'no' || !this.#knowsBroken, 'P11 a connection is lent that the driver knows to be broken'],
      [bornIn === this.#ledger.generation, 'I22 P17 a connection is lent that was made before clear()'],
      [!entry.isSoiled, 'I20 P10 a connection is lent that was not reset'],
      [!entry.context.signal.aborted, 'I21 P13 a connection is lent that the pool had given up'],
      [now - adoptedAt < maxLifetimeMs, 'I19 P16 a connection is lent beyond its lifetime'],
      [uses < maxUses, 'I19 P16 a connection is lent beyond its uses'],
    ];
    for (const [isKept, rule] of rules) this.#findings.check(isKept, rule, () => `connection ${id}`);
  }

  /** @param isAllowed whether the pool may end a lease of that age now, against its borrower's will */
  released(
    { leaseId, label }: PoolEvents['lease:released'],
    now: number,
    isAllowed: (heldMs: number) => boolean,
  ): void {
    const lent = this.#lent.get(leaseId);
    if (lent === undefined) return this.#findings.add('I4 P9 a lease ends twice', `${leaseId}`);
    this.#lent.delete(leaseId);
    lent.entry.isLent = false;
    if (label !== undefined && this.#usesToCome.delete(label)) this.cutUses++;
    const heldMs = now - lent.since;
    this.#findings.check(
      lent.isOver || lent.entry.isDead || isAllowed(heldMs),
      'I18 P16 a lease is cut without a reason',
      () => `of connection ${lent.entry.id}, after ${heldMs} ms`,
    );
  }

  /** The borrower ends it with the next call. */
  ends(leaseId: number): void {
    const lent = this.#lent.get(leaseId);
    if (lent !== undefined) lent.isOver = true;
  }

  expectUse(label: string | undefined): void {
    this.#usesToCome.add(label!);
  }

  useBegins(label: string | undefined): void {
    this.#usesToCome.delete(label!);
  }

  hold(lease: Lease<C>): Held<C> {
    const held = { lease, isOver: false };
    this.held.push(held);
    const oldest = this.held.length > REMEMBERED ? this.held.findIndex(({ isOver }) => isOver) : -1;
    if (oldest >= 0) this.held.splice(oldest, 1);
    return held;
  }

  /** Also for a second time, and after the pool has ended the lease. */
  end(held: Held<C>, how: 'release' | 'destroy'): void {
    if (held.isOver) this.misused++;
    held.isOver = true;
    this.ends(held.lease.id);
    held.lease[how]();
  }

  /** I5: a lease gives its own connection, and nothing once it has ended. */
  touch({ lease }: Held<C>): void {
    const isEnded = lease.isEnded;
    if (isEnded) this.misused++;
    let connection: C | undefined;
    try {
      connection = lease.connection;
    } catch {
      return this.#findings.check(isEnded, 'I5 P9 a lease refuses its connection');
    }
    this.#findings.check(!isEnded, 'I5 P9 a lease that has ended gives a connection');
    const lent = this.#lent.get(lease.id);
    this.#findings.check(
      isEnded || lent === undefined || lent.entry.connection === connection,
      'I5 P9 a lease gives the connection of another',
    );
  }

  checkNow(): void {
    const connections = new Set<C>();
    let count = 0;
    for (const { lease } of this.held) {
      if (lease.isEnded) continue;
      count++;
      connections.add(lease.connection);
    }
    this.#findings.check(connections.size === count, 'I4 two leases have the same connection');
  }

  /** P18: nobody keeps a connection for longer than the pool allows. */
  checkAtRest(now: number): void {
    const { maxLeaseMs } = this.#options;
    for (const { since, entry } of this.#lent.values()) {
      const heldMs = now - since;
      this.#findings.check(
        heldMs <= maxLeaseMs + 1,
        'P18 a lease outlives maxLeaseMs',
        () => `connection ${entry.id}, ${heldMs} ms`,
      );
    }
  }
}
