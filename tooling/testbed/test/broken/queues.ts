// Faults in who is served when, and in how many connections there are.
import type { AcquireOptions, PoolOptions } from '@pool/core';
import type { AdapterLease } from '../../src/index.ts';
import type { Client } from '../reference/client.ts';
import type { ReferenceFactory } from '../reference/factory.ts';
import { ReferencePool } from '../reference/pool.ts';
import type { Broken } from './broken.ts';

class ServesTheLastFirst extends ReferencePool {
  readonly #waiting: (() => void)[] = [];
  #isServing = false;

  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    // Those that want to be told at a deadline or by a signal wait in the core's own queue.
    if (options !== undefined || this.stats().phase !== 'open') return super.acquire(options);
    const { leased, max } = this.stats();
    if (leased >= max || this.#isServing)
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    const lease = await super.acquire();
    return {
      get connection() {
        return lease.connection;
      },
      get isEnded() {
        return lease.isEnded;
      },
      release: () => {
        lease.release();
        this.#serve();
      },
      destroy: (cause) => {
        lease.destroy(cause);
        this.#serve();
      },
    };
  }

  #serve(): void {
    this.#isServing = this.#waiting.length > 0;
    this.#waiting.pop()?.();
  }
}

class LetsNewcomersOvertake extends ReferencePool {
  override async acquire(options: AcquireOptions = {}): Promise<AdapterLease<Client>> {
    for (;;) {
      const lease = this.core.tryAcquire();
      if (lease !== undefined) return lease;
      const { creating, leased, waiting, phase, max } = this.stats();
      const isFull = creating + leased >= max;
      if (!isFull || waiting > 0 || phase !== 'open' || Object.keys(options).length > 0)
        return super.acquire(options);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

class OpensOneTooMany extends ReferencePool {
  constructor(factory: ReferenceFactory, options: PoolOptions) {
    super(factory, { ...options, max: options.max! + 1 });
  }
}

class LeaksOnAbort extends ReferencePool {
  override acquire({ signal, ...options }: AcquireOptions = {}): Promise<AdapterLease<Client>> {
    const lease = super.acquire(options);
    if (signal === undefined) return lease;
    const aborted = new Promise<never>((_resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
    return Promise.race([lease, aborted]);
  }
}

class IgnoresAborts extends ReferencePool {
  override acquire({ signal: _ignored, ...options }: AcquireOptions = {}): Promise<AdapterLease<Client>> {
    return super.acquire(options);
  }
}

class WrapsReasons extends ReferencePool {
  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    try {
      return await super.acquire(options);
    } catch (error) {
      throw options?.signal?.aborted === true ? new DOMException('aborted', 'AbortError') : error;
    }
  }
}

class IgnoresDeadlines extends ReferencePool {
  override acquire(options: AcquireOptions = {}): Promise<AdapterLease<Client>> {
    return super.acquire({ ...options, timeoutMs: Infinity });
  }
}

class HidesWhyItTimedOut extends ReferencePool {
  override async acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    try {
      return await super.acquire(options);
    } catch (error) {
      if (error instanceof Error && error.cause !== undefined)
        Object.defineProperty(error, 'cause', { value: undefined });
      throw error;
    }
  }
}

class AbandonsItsConnects extends ReferencePool {
  override acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    const isConnecting = this.stats().size === 0;
    if (isConnecting)
      options?.signal?.addEventListener('abort', () => this.core.clear({ interrupt: true }), { once: true });
    return super.acquire(options);
  }
}

class ConnectsForNobody extends ReferencePool {
  override acquire(options?: AcquireOptions): Promise<AdapterLease<Client>> {
    this.core.tryAcquire()?.release();
    return super.acquire(options);
  }
}

class CountsTwice extends ReferencePool {
  override metrics(): ReturnType<ReferencePool['metrics']> {
    const metrics = super.metrics();
    const { released, timedOut } = metrics.counters;
    return { ...metrics, counters: { ...metrics.counters, released: released + timedOut } };
  }
}

export const brokenQueues: readonly Broken[] = [
  {
    fault: 'serves the last caller first',
    Pool: ServesTheLastFirst,
    caughtBy: ['fifo', 'no-overtaking', 'queue-full', 'killed-never-released', 'close-rejects-waiting'],
  },
  {
    fault: 'lets newcomers overtake',
    Pool: LetsNewcomersOvertake,
    caughtBy: ['no-overtaking', 'queue-full', 'aborted-before', 'close-rejects-waiting'],
  },
  {
    fault: 'opens one connection more than max',
    Pool: OpensOneTooMany,
    caughtBy: ['max', 'second-end', 'numbers', 'deadline', 'session-state-to-waiter'],
  },
  {
    fault: 'loses the connection of a caller that aborts',
    Pool: LeaksOnAbort,
    caughtBy: ['numbers', 'abort-waiting', 'aborted-before', 'abort-at-release', 'abort-connecting', 'mixed'],
  },
  {
    fault: 'ignores aborts',
    Pool: IgnoresAborts,
    caughtBy: ['numbers', 'abort-waiting', 'aborted-before', 'abort-connecting'],
  },
  {
    fault: 'wraps the reason of an abort',
    Pool: WrapsReasons,
    caughtBy: ['abort-waiting', 'aborted-before'],
  },
  { fault: 'ignores deadlines', Pool: IgnoresDeadlines, caughtBy: ['numbers', 'deadline', 'outage-cause'] },
  {
    fault: 'hides why nobody could connect',
    Pool: HidesWhyItTimedOut,
    caughtBy: ['refused-for-good', 'outage-cause'],
  },
  {
    fault: 'gives up a connect with the caller it was begun for',
    Pool: AbandonsItsConnects,
    caughtBy: ['abort-connecting'],
  },
  {
    fault: 'connects for a caller that has aborted already',
    Pool: ConnectsForNobody,
    caughtBy: ['numbers', 'aborted-before'],
  },
  { fault: 'counts a timeout as a release', Pool: CountsTwice, caughtBy: ['numbers'] },
  { fault: 'has no limit of waiting callers', options: { maxWaiting: Infinity }, caughtBy: ['queue-full'] },
  {
    fault: 'opens a connection for each borrower',
    options: { maxUses: 1 },
    caughtBy: [
      'reuse',
      'second-end',
      'work-throws',
      'min',
      'no-round-trip',
      'mute-idle',
      'reset-stuck',
      'mistake',
      'reset-idle',
      'half-closed-idle',
      'rollback-after-mistake',
    ],
  },
  { fault: 'keeps no min', options: { min: 0 }, caughtBy: ['min', 'min-restored'] },
];
