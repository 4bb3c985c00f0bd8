import type { AcquireOptions, PoolMetrics, PoolOptions, PoolStats } from '@pool/core';
import type { Address } from '../fault-proxy.ts';

/**
 * What databases differ in. An adapter has all of them but those that it names in `differs`, with the reason.
 */
export const CAPABILITIES = {
  severalConnections: 'more than one connection at a time',
  min: 'the pool option `min`',
  serverCount: 'the server can be asked how many connections it has',
  serverKill: 'the server can end a connection',
  network: 'a TCP connection, which a proxy can disturb',
  fatalRefusal: 'a server that refuses for good: wrong password, unknown database, not a database',
  sessionState: 'a session that one borrower can change for the next',
  openTransaction: 'a transaction that a borrower can leave open',
  cancel: 'a statement under way can be stopped on the server',
  transactions: 'transactions',
  savepoints: 'savepoints within a transaction',
  stream: 'rows one by one, while the connection is held',
} as const;

export type Capability = keyof typeof CAPABILITIES;

export const CAPABILITY_NAMES = Object.keys(CAPABILITIES) as readonly Capability[];

/** A borrowed connection: core's Lease, or what an adapter wraps around it. */
export interface AdapterLease<C> {
  readonly connection: C;
  readonly isEnded: boolean;
  release(): void;
  destroy(cause?: unknown): void;
}

/** What every adapter's pool offers, in the words of the core. A pool of several parts is shown part by part. */
export interface AdapterPool<C> {
  acquire(options?: AcquireOptions): Promise<AdapterLease<C>>;
  use<R>(work: (connection: C) => R | Promise<R>, options?: AcquireOptions): Promise<R>;
  ready(options?: AcquireOptions): Promise<void>;
  stats(): PoolStats;
  metrics(): PoolMetrics;
  close(): Promise<void>;
  /** Failures in the background belong to what is tested: listened to, they print no warnings. */
  on?(event: 'error', listener: () => void): unknown;
  /** Capability `transactions`; with `savepoints`, the work's second argument runs its own work within one. */
  transaction?<R>(work: (connection: C, ...savepoint: Savepoint[]) => R | Promise<R>): Promise<R>;
}

export type Savepoint = <R>(work: () => R | Promise<R>) => Promise<R>;

/** Capability `sessionState`. */
export interface SessionActions<C> {
  /** Changes everything that the database lets a borrower change for the next one. */
  soil(connection: C): Promise<unknown>;
  isClean(connection: C): Promise<boolean>;
}

/** Capabilities `transactions` and `openTransaction`: a table of texts, which may have texts of others in it. */
export interface TableActions<C> {
  insert(connection: C, value: string): Promise<unknown>;
  values(connection: C): Promise<readonly string[]>;
  /** Begins a transaction by hand, as a borrower does who then forgets it. */
  begin?(connection: C): Promise<unknown>;
}

/** Capability `cancel`. */
export interface CancelActions<P> {
  /** Borrows from the pool and runs a statement that takes for ever; rejects with the signal's reason. */
  run(pool: P, signal: AbortSignal): Promise<unknown>;
  /** Whether the server is at it. Not asked through the pool. */
  isRunning(): boolean | Promise<boolean>;
}

/** What an adapter tells the suite about itself: the common ground, and then each capability. */
export interface Adapter<C, P extends AdapterPool<C> = AdapterPool<C>> {
  readonly name: string;
  /** Makes a pool. `at` is where its server is: the real one, or a proxy before it. Without a `network`, nowhere. */
  open(options: PoolOptions, at: Address): P | Promise<P>;
  /** One round trip; resolves to the very token: `select $1`. */
  echo(connection: C, token: string): Promise<unknown>;
  /** Rejects with an ordinary error of the database: a typo, a constraint. */
  mistake(connection: C): Promise<unknown>;
  /** What the database or the adapter cannot do, and why. */
  readonly differs: Readonly<Partial<Record<Capability, string>>>;
  /** Must be in no message of the pool. */
  readonly secret?: string;

  /** `network`: the real server. */
  readonly server?: Address;
  /** `serverCount`: of the pools under test. */
  countConnections?(): number | Promise<number>;
  /** `serverKill`: the server ends this connection; the connection itself must not be used for that. */
  kill?(connection: C): unknown;
  /** `fatalRefusal`: as `open`, and whoever connects is refused for good. */
  openRefused?(options: PoolOptions): P | Promise<P>;
  /** `sessionState` */
  readonly session?: SessionActions<C>;
  /** `transactions`, `openTransaction` */
  readonly table?: TableActions<C>;
  /** `cancel` */
  readonly cancel?: CancelActions<P>;
  /** `stream`: so many rows. */
  stream?(pool: P, rows: number): AsyncIterable<unknown>;
}

/** What is said of one capability and not so: it is claimed without the means, or denied in spite of them. */
export function inconsistencies<C, P extends AdapterPool<C>>(adapter: Adapter<C, P>): string[] {
  const { table } = adapter;
  const means: Partial<Record<Capability, unknown>> = {
    serverCount: adapter.countConnections,
    serverKill: adapter.kill,
    network: adapter.server,
    fatalRefusal: adapter.openRefused,
    sessionState: adapter.session,
    openTransaction: table?.begin,
    cancel: adapter.cancel,
    transactions: table,
    stream: adapter.stream,
  };
  return (Object.keys(means) as Capability[]).flatMap((capability) => {
    const isDenied = adapter.differs[capability] !== undefined;
    // One table serves two capabilities: begin() is what tells them apart.
    if (isDenied !== (means[capability] === undefined)) {
      return [
        isDenied
          ? `${capability} is in differs, and given all the same`
          : `${capability} is neither given nor in differs`,
      ];
    }
    return [];
  });
}
