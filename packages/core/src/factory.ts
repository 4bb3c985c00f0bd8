// Read this file first: it is all that the engine knows about a database.
// The engine calls these; an adapter implements them and holds no queue, counter, timer or retry loop of its own.

/** Why a connection was closed. Closed set: metrics count each, `connection:closed` carries it. */
export const CLOSE_REASONS = [
  'idle',
  'lifetime',
  'uses',
  'lost',
  'invalid',
  'reset',
  'cleared',
  'evicted',
  'shrunk',
  'overdue',
  'closed',
] as const;

/**
 * - `idle`: unused for `idleTimeoutMs`, and not needed for `min`
 * - `lifetime` / `uses`: older than `maxLifetimeMs` / lent `maxUses` times
 * - `lost`: the driver reported it dead (`lost`, `isBroken`)
 * - `invalid`: `validate` failed, or its borrower ended the lease with `destroy()`
 * - `reset`: `reset` failed or took longer than `resetTimeoutMs`
 * - `cleared` / `evicted` / `shrunk`: `pool.clear()` / `pool.evict()` / `pool.resize()`
 * - `overdue`: its lease outlived `maxLeaseMs`, or it was opened after `createTimeoutMs`
 * - `closed`: `pool.close()`
 */
export type CloseReason = (typeof CLOSE_REASONS)[number];

/**
 * What a failed `create` means.
 *
 * - `transient`: the server may be back in a moment. Retried with back-off; waiters stay until their own deadline.
 * - `unavailable`: as `transient`, but whoever has waited for the attempt is told, unless a connection is alive. Who came later
 *   waits for the next one. For replacements of pools that tell each failed connect.
 * - `overload`: the server is full. As `transient`, with longer pauses: released connections serve the waiters.
 * - `fatal`: no retry will help soon (password, unknown database, certificate). Probed slowly; callers are told at once.
 */
export type ConnectFailureKind = 'transient' | 'unavailable' | 'overload' | 'fatal';

/** The server is out of reach, and the driver knows, although connections exist: drivers that keep several servers behind each one. */
export interface Outage {
  /** What is missing, without secrets: it is put into messages. */
  readonly what: string;
  readonly forMs: number;
  /** The driver's last error about it. */
  readonly error?: unknown;
}

export interface CreateContext {
  /**
   * Aborts once, when the pool gives this connection up while `create`, `validate`, `reset` or a borrower is busy with it: out of
   * time, lost, `clear({ interrupt: true })`, `close()`. The same signal is later handed to `validate` and `reset`. It also
   * aborts when `destroy` outlasts `destroyTimeoutMs`: what is still open then is to be cut without a goodbye.
   */
  readonly signal: AbortSignal;
  /** Tell the pool that the connection died. Any time, also before `create` resolves, and more than once. */
  readonly lost: (cause?: unknown) => void;
  /** Tell of a failure that no caller is there to receive, such as what a borrower left behind: an `error` event. */
  readonly report: (error: unknown) => void;
  /** The call stack of the acquire of this connection's lease, now or last; undefined when it was not sampled. */
  readonly acquiredAt: () => string | undefined;
}

/** How the pool opens, checks, cleans and closes one connection of type `C`. */
export interface Factory<C> {
  /** Opens a connection. Stops and rejects once `signal` aborts; what arrives later all the same is closed. */
  create(context: CreateContext): Promise<C>;

  /**
   * Closes it. Called exactly once per opened connection. After `lost`, `invalid`, `reset` and `overdue` it must not
   * wait for the server's goodbye. Until it settles (at most `destroyTimeoutMs`) the connection counts against `max`.
   */
  destroy(connection: C, reason: CloseReason): void | Promise<void>;

  /** Free and synchronous, asked on every release and hand-out: does the driver already know that it is dead? */
  isBroken?(connection: C): boolean;

  /** One round trip; rejects when the connection is unusable. Only after `validateAfterIdleMs` unused, and for keepalive. */
  validate?(connection: C, signal: AbortSignal): void | Promise<void>;

  /** Cleans the session for the next borrower. Returns undefined when it is clean already: then the hand-off is same-tick. */
  reset?(connection: C, signal: AbortSignal): void | Promise<void>;

  /** What an error of `create` means. Without it every failure is `transient`. */
  classify?(error: unknown): ConnectFailureKind;

  /** Free and synchronous, asked when a caller is told that its wait was in vain: what the driver knows of the server. */
  outage?(): Outage | undefined;

  /**
   * Closes what the connections had in common. Called once, when the pool is closed and its last connection gone; the pool's
   * `close()` waits for it, at most `destroyTimeoutMs`.
   */
  close?(): void | Promise<void>;
}
