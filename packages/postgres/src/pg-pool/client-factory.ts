// Owns what pg-pool does around the life of a client: its hooks and events, on top of the factory that all pools here share.
import type { CloseReason, ConnectFailureKind, CreateContext, Factory } from '@pool/core';
import type { Client, PoolClient } from 'pg';
import { isBusy, untilReady, wireOf } from '../driver.ts';
import { codeOf } from '../errors.ts';
import { PostgresFactory } from '../factory.ts';
import { sessionOf } from '../pooled-client.ts';
import { Pooler } from '../pooler.ts';
import type { Settings } from './config.ts';

/** What the pool tells its listeners. */
export interface ClientEvents {
  connected(client: Client): void;
  /** Its connection died, and nobody had it. */
  lost(client: Client, cause: unknown): void;
  removed(client: Client): void;
  log(message: string, ...details: unknown[]): void;
}

/** A server that was there and is away no longer than this is being restarted: callers wait for it. */
const RESTART_MS = 2_000;

const LOGGED: Partial<Record<CloseReason, string>> = {
  idle: 'remove idle client',
  lifetime: 'remove expired client',
  uses: 'remove expended client',
};

/** A borrower changed a session that `onConnect` or a listener of `connect` had set up: only a new connection has it again. */
class SetUpLostError extends Error {
  readonly code = 'SESSION_SET_UP';

  constructor() {
    super("the session was set up by 'connect' or onConnect, and a reset would undo that");
  }
}

export class ClientFactory implements Factory<Client> {
  readonly #inner: PostgresFactory;
  readonly #settings: Settings;
  readonly #events: ClientEvents;
  /** Their sessions differ from a new one, as the pool's user wants it. */
  readonly #setUp = new WeakSet<Client>();
  /** Undefined while connects succeed. One that was never there has been away for ever. */
  #awaySince: number | undefined = -Infinity;

  constructor(settings: Settings, events: ClientEvents) {
    const { core, connection, reset, pooler, driverClass } = settings;
    const { name, destroyTimeoutMs } = core;
    this.#settings = settings;
    this.#events = events;
    const parts = { name, connection, reset, destroyTimeoutMs, driverClass };
    this.#inner = new PostgresFactory({ ...parts, pooler: new Pooler(name, pooler) });
  }

  async create(context: CreateContext): Promise<Client> {
    this.#events.log('connecting new client');
    let client: Client | undefined = undefined;
    const lost = (cause?: unknown): void => {
      context.lost(cause);
      if (client !== undefined) this.#events.lost(client, cause);
    };
    try {
      const opened = await this.#inner.create({ ...context, lost });
      await this.#introduce(opened, context.signal);
      client = opened;
      this.#awaySince = undefined;
      this.#events.log('new client connected');
      return this.#rest(opened);
    } catch (error) {
      this.#events.log('client failed to connect', error);
      throw error;
    }
  }

  async destroy(client: Client, reason: CloseReason): Promise<void> {
    const message = LOGGED[reason];
    if (message !== undefined) this.#events.log(message);
    try {
      await this.#inner.destroy(client, reason);
    } finally {
      this.#events.removed(client);
    }
  }

  isBroken(client: Client): boolean {
    // Ended by its borrower: pg-pool forgives that too.
    const { _ending: isEnding } = client as unknown as { _ending: boolean };
    return isEnding || this.#inner.isBroken(client);
  }

  async validate(client: Client): Promise<void> {
    await this.#inner.validate(client);
    this.#rest(client);
  }

  reset(client: Client, signal: AbortSignal): void | Promise<void> {
    if (this.#wouldUndo(client)) throw new SetUpLostError();
    const pending = this.#inner.reset(client, signal);
    if (pending !== undefined) return pending.then(() => void this.#rest(client));
    this.#rest(client);
    return undefined;
  }

  /**
   * pg-pool tells each failure. Here a restart is waited for; and a refused login is not tried again for each caller (F10),
   * but that of a database which does not exist: applications create theirs when they are told.
   */
  classify(error: unknown): ConnectFailureKind {
    const kind = this.#inner.classify(error);
    if (codeOf(error) === '3D000') return 'unavailable';
    if (kind !== 'transient') return kind;
    const now = performance.now();
    this.#awaySince ??= now;
    return now - this.#awaySince < RESTART_MS ? 'transient' : 'unavailable';
  }

  /** Whoever is told of a new client may prepare it: `SET`, `LISTEN`, its own listeners. */
  async #introduce(client: Client, signal: AbortSignal): Promise<void> {
    const session = sessionOf(client);
    try {
      await this.#settings.onConnect?.(client);
      this.#events.connected(client);
      await verified(client, this.#settings.verify);
      if (isBusy(client)) await untilReady(client, signal);
    } catch (error) {
      await this.#inner.destroy(client, 'invalid');
      throw error;
    }
    if (session.changes !== 0) this.#setUp.add(client);
    session.changes = 0;
  }

  #wouldUndo(client: Client): boolean {
    const { reset } = this.#settings;
    if (reset === 'never' || !this.#setUp.has(client) || this.#inner.pooler.isTransactional) return false;
    return reset === 'always' || sessionOf(client).changes !== 0;
  }

  #rest(client: Client): Client {
    sessionOf(client).rest();
    if (this.#settings.keepsAlive) wireOf(client).stream.ref();
    return client;
  }
}

function verified(client: Client, verify: Settings['verify']): Promise<void> | undefined {
  if (verify === undefined) return undefined;
  return new Promise((resolve, reject) => {
    verify(client as PoolClient, (error) => (error ? reject(error) : resolve()));
  });
}
