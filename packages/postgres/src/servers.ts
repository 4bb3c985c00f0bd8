// Owns the core pools: the primary's, one for each replica, and the listener's; each with its own factory.
import { createPool, type Pool, type PoolEventName, type PoolEvents } from '@pool/core';
import type { Client } from 'pg';
import type { ResolvedConnection } from './connection-config.ts';
import { PostgresFactory } from './factory.ts';
import { Listener } from './listener.ts';
import type { ResolvedPostgresOptions } from './options.ts';
import { Pooler } from './pooler.ts';
import { Routes } from './replicas.ts';
import type { SessionCounts } from './session.ts';

type AnyListener = (pool: string, payload: PoolEvents[PoolEventName]) => void;

export class Servers {
  readonly routes: Routes;
  readonly listener: Listener;
  readonly pooler: Pooler;
  readonly #options: ResolvedPostgresOptions;
  readonly #factories: PostgresFactory[] = [];
  /** So that the listener's pool, which comes and goes, is heard like the others. */
  readonly #heard = new Set<{ readonly event: PoolEventName; readonly listener: AnyListener }>();

  constructor(options: ResolvedPostgresOptions) {
    this.#options = options;
    const { name, min } = options.pool;
    this.pooler = new Pooler(name, options.pooler);
    const primary = this.#pool(name, options.connection, this.pooler, min);
    const replicas = options.replicas.map((replica, index) => {
      const called = `${name}:replica-${index + 1}`;
      // Kept in reach: without a connection to it nobody would notice that it is back.
      return this.#pool(called, replica, new Pooler(called, options.pooler), Math.max(1, min));
    });
    this.routes = new Routes(primary, replicas);
    this.listener = this.#listener(primary);
  }

  get all(): readonly Pool<Client>[] {
    const { pool } = this.listener;
    return pool === undefined ? this.routes.all : [...this.routes.all, pool];
  }

  counts(): SessionCounts {
    const sum = { resets: 0, abandonedTransactions: 0, cancels: 0 };
    for (const { resetter } of this.#factories) {
      sum.resets += resetter.counts.resets;
      sum.abandonedTransactions += resetter.counts.abandonedTransactions;
      sum.cancels += resetter.counts.cancels;
    }
    return sum;
  }

  on(event: PoolEventName, listener: AnyListener): () => void {
    const heard = { event, listener };
    this.#heard.add(heard);
    const stops = this.all.map((pool) => listenTo(pool, heard));
    return () => {
      this.#heard.delete(heard);
      for (const stop of stops) stop();
    };
  }

  rotate(): void {
    for (const factory of this.#factories) factory.dropPassword();
    for (const pool of this.all) pool.clear();
  }

  async close(): Promise<void> {
    await Promise.all([this.listener.close(), ...this.routes.all.map((pool) => pool.close())]);
  }

  #pool(name: string, connection: ResolvedConnection, pooler: Pooler, min: number): Pool<Client> {
    const factory = this.#factory(name, connection, pooler, () => pool.clear());
    const pool: Pool<Client> = createPool(factory, { ...this.#options.pool, name, min });
    return pool;
  }

  #factory(
    name: string,
    connection: ResolvedConnection,
    pooler: Pooler,
    onReadOnly?: () => void,
  ): PostgresFactory {
    const { reset, pool } = this.#options;
    const { destroyTimeoutMs } = pool;
    const readOnly = onReadOnly === undefined ? {} : { onReadOnly };
    const factory = new PostgresFactory({ name, connection, reset, pooler, destroyTimeoutMs, ...readOnly });
    this.#factories.push(factory);
    return factory;
  }

  #listener(primary: Pool<Client>): Listener {
    const { connection, directConnection, pool, pooler } = this.#options;
    const name = `${pool.name}:listener`;
    const own =
      directConnection === undefined
        ? this.pooler
        : new Pooler(name, pooler === 'detect' ? 'detect' : 'none');
    return new Listener({
      name,
      options: pool,
      factory: this.#factory(name, directConnection ?? connection, own),
      beside: directConnection === undefined ? primary : undefined,
      onOpened: (opened) => {
        for (const heard of this.#heard) listenTo(opened, heard);
      },
    });
  }
}

function listenTo(
  pool: Pool<Client>,
  { event, listener }: { readonly event: PoolEventName; readonly listener: AnyListener },
): () => void {
  return pool.on(event, (payload) => listener(pool.name, payload));
}
