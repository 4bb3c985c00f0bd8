import {
  createPool,
  runTransaction,
  type AcquireOptions,
  type Pool,
  type PoolMetrics,
  type PoolOptions,
  type PoolStats,
} from '@pool/core';
import type { AdapterLease, AdapterPool, Savepoint } from '../../src/index.ts';
import type { Client } from './client.ts';
import type { ReferenceFactory } from './factory.ts';

/** An honest adapter: core's pool, and what a person wants from this database. */
export class ReferencePool implements AdapterPool<Client> {
  readonly core: Pool<Client>;

  constructor(factory: ReferenceFactory, options: PoolOptions) {
    this.core = createPool(factory, options);
  }

  acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    return this.core.acquire(options);
  }

  async use<R>(
    work: (client: Client, lease: AdapterLease<Client>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    const lease = await this.acquire(options);
    try {
      return await work(lease.connection, lease);
    } finally {
      if (!lease.isEnded) lease.release();
    }
  }

  ready(options?: AcquireOptions): Promise<void> {
    return this.core.ready(options);
  }

  stats(): PoolStats {
    return this.core.stats();
  }

  metrics(): PoolMetrics {
    return this.core.metrics();
  }

  close(): Promise<void> {
    return this.core.close();
  }

  on(event: 'error', listener: () => void): void {
    this.core.on(event, listener);
  }

  transaction<R>(work: (client: Client, savepoint: Savepoint) => R | Promise<R>): Promise<R> {
    return this.use((client, lease) => {
      const run = <T>(verbs: readonly [string, string, string], inner: () => T | Promise<T>): Promise<T> => {
        const [begin, commit, rollback] = verbs.map((verb) => async () => void (await client.ask(verb)));
        return runTransaction({ begin: begin!, commit: commit!, rollback: rollback! }, inner, (error) =>
          lease.destroy(error),
        );
      };
      const savepoint: Savepoint = (nested) => run(['savepoint', 'release', 'rollbackTo'], nested);
      return run(['begin', 'commit', 'rollback'], () => work(client, savepoint));
    });
  }

  /** Ends by its signal only. The connection is given back when the cancel can hit nobody any more. */
  waitForEver(signal: AbortSignal): Promise<void> {
    return this.use(async (client) => {
      let cancelled: Promise<void> | undefined;
      signal.addEventListener('abort', () => void (cancelled = client.cancel()), { once: true });
      await client.ask('wait').catch(() => undefined);
      await cancelled;
      // A cancel that came too late hits this.
      await client.ask('echo').catch(() => undefined);
      signal.throwIfAborted();
    });
  }

  async *stream(rows: number): AsyncGenerator<number> {
    const lease = await this.acquire();
    try {
      for (const row of (await lease.connection.ask('rows', rows)) as number[]) yield row;
    } finally {
      lease.release();
    }
  }
}
