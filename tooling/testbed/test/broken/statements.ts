// Faults in transactions, in cancelling, and in closing.
import type { PoolOptions } from '@pool/core';
import type { Savepoint } from '../../src/index.ts';
import type { Client } from '../reference/client.ts';
import { ReferencePool } from '../reference/pool.ts';
import type { Broken } from './broken.ts';

type Work<R> = (client: Client, savepoint: Savepoint) => R | Promise<R>;

class SwallowsRollback extends ReferencePool {
  override transaction<R>(work: Work<R>): Promise<R> {
    return this.use(async (client) => {
      await client.ask('begin');
      try {
        const result = await work(client, (nested) => Promise.resolve(nested()));
        await client.ask('commit');
        return result;
      } finally {
        client.isInTransaction = false;
      }
    });
  }
}

class CommitsWhatFailed extends ReferencePool {
  override transaction<R>(work: Work<R>): Promise<R> {
    return this.use(async (client) => {
      await client.ask('begin');
      try {
        return await work(client, (nested) => Promise.resolve(nested()));
      } finally {
        await client.ask('commit');
      }
    });
  }
}

class NeverCommits extends ReferencePool {
  override transaction<R>(work: Work<R>): Promise<R> {
    return this.use(async (client) => {
      await client.ask('begin');
      const result = await work(client, (nested) => Promise.resolve(nested()));
      await client.ask('rollback');
      return result;
    });
  }
}

/** What a pool does whose `query` borrows for each statement. */
class UsesTwoConnections extends ReferencePool {
  override async transaction<R>(work: Work<R>): Promise<R> {
    const other = this.stats().max > 1 ? await this.acquire() : undefined;
    try {
      return await super.transaction((client, savepoint) => {
        let statements = 0;
        const wandering = new Proxy(client, {
          get(target, key) {
            if (key !== 'ask') return Reflect.get(target, key, target) as unknown;
            const current = other === undefined || statements++ % 2 === 0 ? target : other.connection;
            return current.ask.bind(current);
          },
        });
        return work(wandering, savepoint);
      });
    } finally {
      other?.release();
    }
  }
}

class IgnoresSavepoints extends ReferencePool {
  override transaction<R>(work: Work<R>): Promise<R> {
    return super.transaction((client) => work(client, (nested) => Promise.resolve(nested())));
  }
}

class RetriesOutsideItsTransaction extends ReferencePool {
  override async transaction<R>(work: Work<R>): Promise<R> {
    try {
      return await super.transaction(work);
    } catch (error) {
      const isLost = error instanceof Error && !('code' in error) && error.message.includes('connection');
      if (!isLost && !String((error as { code?: unknown }).code).startsWith('E')) throw error;
      return this.use((client) => work(client, (nested) => Promise.resolve(nested())));
    }
  }
}

/** "To be sure": and hits whatever the connection does next. */
class CancelsTwice extends ReferencePool {
  override waitForEver(signal: AbortSignal): Promise<void> {
    return this.use(async (client) => {
      signal.addEventListener('abort', () => void client.cancel(), { once: true });
      await client.ask('wait').catch(() => undefined);
      await client.cancel();
      signal.throwIfAborted();
    });
  }
}

/** Stops waiting, and leaves the statement to the next borrower. */
class LeavesStatementsRunning extends ReferencePool {
  override waitForEver(signal: AbortSignal): Promise<void> {
    return this.use(async (client) => {
      const aborted = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      const waiting = client.ask('wait').catch(() => undefined);
      await Promise.race([waiting, aborted]);
    });
  }
}

class ForgetsLeasesAtClose extends ReferencePool {
  override async close(): Promise<void> {
    const left = this.core.stats().leased;
    void this.core.close();
    if (left === 0) await this.core.close();
  }
}

class AcceptsCallersWhileClosing extends ReferencePool {
  override async close(): Promise<void> {
    while (this.stats().leased > 0) await new Promise((resolve) => setImmediate(resolve));
    return this.core.close();
  }
}

class ConnectsWhileClosing extends ReferencePool {
  override async close(): Promise<void> {
    while (this.stats().creating > 0) await new Promise((resolve) => setImmediate(resolve));
    return this.core.close();
  }
}

class ClosesOnce extends ReferencePool {
  #isClosed = false;

  override close(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('called close on a pool more than once'));
    this.#isClosed = true;
    return super.close();
  }
}

const closing = (closeGraceMs: number): PoolOptions => ({ closeGraceMs });

export const brokenStatements: readonly Broken[] = [
  {
    fault: 'swallows the rollback',
    Pool: SwallowsRollback,
    caughtBy: ['rollback', 'rollback-after-mistake', 'savepoint'],
  },
  {
    fault: 'commits what failed',
    Pool: CommitsWhatFailed,
    caughtBy: ['rollback', 'rollback-after-mistake', 'savepoint'],
  },
  { fault: 'never commits', Pool: NeverCommits, caughtBy: ['commit', 'savepoint'] },
  {
    fault: 'runs a transaction on two connections',
    Pool: UsesTwoConnections,
    caughtBy: ['rollback', 'own-writes'],
  },
  { fault: 'ignores savepoints', Pool: IgnoresSavepoints, caughtBy: ['savepoint'] },
  {
    fault: 'runs a transaction whose connection was lost again without one',
    Pool: RetriesOutsideItsTransaction,
    caughtBy: ['killed-in-transaction'],
  },
  {
    fault: 'cancels twice, and hits the next borrower',
    Pool: CancelsTwice,
    caughtBy: ['cancel-stops', 'cancel-hits-nobody-else'],
  },
  {
    fault: 'leaves a cancelled statement running',
    Pool: LeavesStatementsRunning,
    caughtBy: ['cancel-stops', 'cancel-hits-nobody-else'],
  },
  { fault: 'does not wait for leases at close', options: closing(0), caughtBy: ['close-waits'] },
  { fault: 'waits for ever for leases at close', options: closing(Infinity), caughtBy: ['close-cuts'] },
  {
    fault: 'resolves close before its leases have ended',
    Pool: ForgetsLeasesAtClose,
    caughtBy: ['close-waits', 'close-cuts'],
  },
  {
    fault: 'accepts callers while it closes',
    Pool: AcceptsCallersWhileClosing,
    caughtBy: ['close-waits', 'close-rejects-waiting', 'close-cuts'],
  },
  {
    fault: 'serves those that wait for a connect before it closes',
    Pool: ConnectsWhileClosing,
    caughtBy: ['close-connecting'],
  },
  {
    fault: 'cannot be closed twice',
    Pool: ClosesOnce,
    caughtBy: [
      'numbers',
      'close-waits',
      'close-rejects-waiting',
      'close-cuts',
      'close-twice',
      'close-connecting',
      'close-leaves-nothing',
    ],
  },
];
