// Owns which server a call goes to: the primary, or for what only reads the replica that is least leased and in good health.
import {
  CallDeadline,
  ConnectError,
  QueueFullError,
  type AcquireOptions,
  type Lease,
  type Pool,
} from '@pool/core';
import type { Client } from 'pg';

const IS_DOWN = new Error('the replica is out of reach');

/** A replica's pool, and the callers that wait for it: they leave when it turns out to be down. */
class Replica {
  readonly pool: Pool<Client>;
  readonly #waiting = new Set<AbortController>();

  constructor(pool: Pool<Client>) {
    this.pool = pool;
    pool.on('connect:failed', () => {
      for (const waiting of this.#waiting) waiting.abort(IS_DOWN);
    });
  }

  get isHealthy(): boolean {
    return this.pool.stats().connectFailure === undefined;
  }

  get leased(): number {
    const { leased, waiting } = this.pool.stats();
    return leased + waiting;
  }

  async acquire({ signal, timeoutMs, label }: AcquireOptions): Promise<Lease<Client>> {
    const leaving = new AbortController();
    const signals = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
    this.#waiting.add(leaving);
    try {
      return await this.pool.acquire({ signal: signals, timeoutMs, label });
    } finally {
      this.#waiting.delete(leaving);
    }
  }
}

export class Routes {
  readonly primary: Pool<Client>;
  readonly #replicas: readonly Replica[];

  constructor(primary: Pool<Client>, replicas: readonly Pool<Client>[]) {
    this.primary = primary;
    this.#replicas = replicas.map((pool) => new Replica(pool));
  }

  get replicas(): readonly Pool<Client>[] {
    return this.#replicas.map(({ pool }) => pool);
  }

  get all(): readonly Pool<Client>[] {
    return [this.primary, ...this.replicas];
  }

  /** @throws as core's `acquire` */
  async acquire(
    readOnly: boolean | undefined,
    { signal, timeoutMs, label }: AcquireOptions,
  ): Promise<Lease<Client>> {
    const options = { signal, timeoutMs, label };
    const replica = readOnly === true ? this.#choose() : undefined;
    if (replica === undefined) return this.primary.acquire(options);
    const deadline = new CallDeadline(this.primary.name, options);
    try {
      return await replica.acquire(options);
    } catch (error) {
      // Down, full or refusing: the primary can read too. A caller that has left, or whose time is over, is told.
      if (error !== IS_DOWN && !(error instanceof ConnectError) && !(error instanceof QueueFullError))
        throw error;
      return this.primary.acquire(deadline.within(options));
    }
  }

  #choose(): Replica | undefined {
    let chosen: Replica | undefined;
    for (const replica of this.#replicas) {
      if (!replica.isHealthy) continue;
      if (chosen === undefined || replica.leased < chosen.leased) chosen = replica;
    }
    return chosen;
  }
}
