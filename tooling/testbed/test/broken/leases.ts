// Faults in what a borrower is lent, and in how it comes back.
import type { AcquireOptions } from '@pool/core';
import type { AdapterLease } from '../../src/index.ts';
import type { Client } from '../reference/client.ts';
import { ReferencePool } from '../reference/pool.ts';
import type { Broken } from './broken.ts';

/** A lease that looks like the one it hides. */
function disguise(
  lease: AdapterLease<Client>,
  differently: Partial<AdapterLease<Client>>,
): AdapterLease<Client> {
  return {
    get connection() {
      return lease.connection;
    },
    get isEnded() {
      return lease.isEnded;
    },
    release: () => lease.release(),
    destroy: (cause) => lease.destroy(cause),
    ...differently,
  };
}

class KeepsNoLeases extends ReferencePool {
  readonly #current = new Map<Client, AdapterLease<Client>>();

  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    const lease = await super.acquire(options);
    const client = lease.connection;
    this.#current.set(client, lease);
    return disguise(lease, {
      connection: client,
      release: () => this.#current.get(client)!.release(),
      destroy: () => this.#current.get(client)!.destroy(),
    });
  }
}

class LendsForEver extends ReferencePool {
  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    const lease = await super.acquire(options);
    return disguise(lease, { connection: lease.connection });
  }
}

class PoolsTheDestroyed extends ReferencePool {
  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    const lease = await super.acquire(options);
    return disguise(lease, { destroy: () => lease.release() });
  }
}

class DestroysTwice extends ReferencePool {
  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    const lease = await super.acquire(options);
    const { socket } = lease.connection;
    return disguise(lease, {
      destroy: (cause) => {
        if (lease.isEnded) socket.destroy();
        else lease.destroy(cause);
      },
    });
  }
}

class DestroysOnErrors extends ReferencePool {
  override use<R>(
    work: (client: Client, lease: AdapterLease<Client>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    return super.use(async (client, lease) => {
      try {
        return await work(client, lease);
      } catch (error) {
        lease.destroy(error);
        throw error;
      }
    }, options);
  }
}

class LeaksOnErrors extends ReferencePool {
  override async use<R>(
    work: (client: Client, lease: AdapterLease<Client>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    const lease = await this.acquire(options);
    const result = await work(lease.connection, lease);
    if (!lease.isEnded) lease.release();
    return result;
  }
}

class WrapsErrors extends ReferencePool {
  override use<R>(
    work: (client: Client, lease: AdapterLease<Client>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    return super.use(async (client, lease) => {
      try {
        return await work(client, lease);
      } catch (cause) {
        throw new Error('the work failed', { cause });
      }
    }, options);
  }
}

class CleansOnlyAfterSuccess extends ReferencePool {
  override use<R>(
    work: (client: Client, lease: AdapterLease<Client>) => R | Promise<R>,
    options?: AcquireOptions,
  ): Promise<R> {
    return super.use(async (client, lease) => {
      try {
        return await work(client, lease);
      } catch (error) {
        client.isDirty = false;
        throw error;
      }
    }, options);
  }
}

class PingsEveryBorrowersConnection extends ReferencePool {
  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    const lease = await super.acquire(options);
    await lease.connection.ask('echo').catch(() => undefined);
    return lease;
  }
}

class KeepsLeftStreams extends ReferencePool {
  override async *stream(rows: number): AsyncGenerator<number> {
    const lease = await this.acquire();
    for (const row of (await lease.connection.ask('rows', rows)) as number[]) yield row;
    lease.release();
  }
}

class ReadsAheadOfItsLease extends ReferencePool {
  override async *stream(rows: number): AsyncGenerator<number> {
    yield* await this.use(async (client) => (await client.ask('rows', rows)) as number[]);
  }
}

export const brokenLeases: readonly Broken[] = [
  {
    fault: 'ends whatever lease the connection has by then',
    Pool: KeepsNoLeases,
    caughtBy: ['second-end', 'use-after-end'],
  },
  {
    fault: 'leaves the connection in the hands of its last borrower',
    Pool: LendsForEver,
    caughtBy: ['use-after-end'],
  },
  { fault: 'pools what was destroyed', Pool: PoolsTheDestroyed, caughtBy: ['destroyed'] },
  {
    fault: 'closes the connection of the next borrower at a second destroy',
    Pool: DestroysTwice,
    caughtBy: ['second-end'],
  },
  {
    fault: 'destroys the connection on any error',
    Pool: DestroysOnErrors,
    caughtBy: ['work-throws', 'mistake', 'rollback-after-mistake'],
  },
  {
    fault: 'keeps the connection of a work that throws',
    Pool: LeaksOnErrors,
    caughtBy: [
      'work-throws',
      'numbers',
      'session-state-after-error',
      'mistake',
      'cancel-stops',
      'cancel-hits-nobody-else',
      'rollback-after-mistake',
      'mixed',
    ],
  },
  {
    fault: 'wraps what the work throws',
    Pool: WrapsErrors,
    caughtBy: ['work-throws', 'cancel-stops', 'cancel-hits-nobody-else', 'rollback'],
  },
  {
    fault: 'cleans up after success only',
    Pool: CleansOnlyAfterSuccess,
    caughtBy: ['session-state-after-error'],
  },
  { fault: 'pings before every borrower', Pool: PingsEveryBorrowersConnection, caughtBy: ['no-round-trip'] },
  {
    fault: 'keeps the connection of a stream that is left',
    Pool: KeepsLeftStreams,
    caughtBy: ['stream-left'],
  },
  {
    fault: 'reads a stream to its end before the first row',
    Pool: ReadsAheadOfItsLease,
    caughtBy: ['stream-whole'],
  },
];
