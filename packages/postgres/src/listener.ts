// Owns the connection that listens: beside the pool, so that none is missing there, and one of a core pool, which opens it
// again when it is lost.
import {
  createPool,
  OptionError,
  PoolClosedError,
  type AcquireOptions,
  type CloseReason,
  type ConnectFailureKind,
  type CreateContext,
  type Factory,
  type Pool,
  type ResolvedOptions,
} from '@pool/core';
import { escapeIdentifier, type Client, type Notification } from 'pg';
import type { PostgresFactory } from './factory.ts';
import { sessionOf } from './pooled-client.ts';
import { LISTENS } from './statement-traits.ts';

export interface ListenOptions extends AcquireOptions {
  /** The connection was lost and is back: what was notified in between did not arrive. */
  onGap?: (() => void) | undefined;
}

/** Listens until it is closed. Keeps the process alive. */
export interface Subscription {
  readonly channel: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Subscriber {
  readonly channel: string;
  readonly onNotification: (notification: Notification) => void;
  readonly onGap: (() => void) | undefined;
}

interface ListenerParts {
  readonly name: string;
  readonly options: ResolvedOptions;
  readonly factory: PostgresFactory;
  /** The pool beside it; the listener's connection goes to the same server. Undefined when it has a URL of its own. */
  readonly beside: Pool<Client> | undefined;
  readonly onOpened: (pool: Pool<Client>) => void;
}

const MAX_CHANNEL_BYTES = 63;

export class Listener {
  readonly #parts: ListenerParts;
  readonly #subscribers = new Set<Subscriber>();
  #pool: Pool<Client> | undefined = undefined;
  #isClosed = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  get pool(): Pool<Client> | undefined {
    return this.#pool;
  }

  /**
   * @throws {OptionError} a name that is no channel's, or a pooler that cannot listen
   * @throws {PoolClosedError} the pool is closing or closed
   */
  async listen(
    channel: string,
    onNotification: (notification: Notification) => void,
    { onGap, ...wait }: ListenOptions,
  ): Promise<Subscription> {
    this.#check(channel);
    if (this.#isClosed) throw new PoolClosedError(this.#parts.name);
    const pool = (this.#pool ??= this.#open());
    const subscriber = { channel, onNotification, onGap };
    // From the start: whoever else leaves meanwhile must not take the connection along.
    this.#subscribers.add(subscriber);
    try {
      await this.#prove(pool, wait);
      await pool.use((client) => client.query(`LISTEN ${escapeIdentifier(channel)}`), wait);
    } catch (error) {
      await this.#leave(subscriber);
      throw error;
    }
    const close = (): Promise<void> => this.#leave(subscriber);
    return { channel, close, [Symbol.asyncDispose]: close };
  }

  /** For good. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#closePool();
  }

  async #closePool(): Promise<void> {
    this.#subscribers.clear();
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close();
  }

  /** Behind a proxy that may be one in transaction mode: two connections at a time show it. */
  async #prove(pool: Pool<Client>, wait: AcquireOptions): Promise<void> {
    const { pooler } = this.#parts.factory;
    const { beside } = this.#parts;
    if (pooler.isCurious && beside !== undefined) {
      await pool.use((client) => pooler.probe(client), wait);
      if (pooler.isCurious) await beside.use((client) => pooler.probe(client), wait);
    }
    pooler.refuseSession(LISTENS);
  }

  async #leave(subscriber: Subscriber): Promise<void> {
    if (!this.#subscribers.delete(subscriber) && this.#subscribers.size > 0) return;
    if (this.#subscribers.size === 0) return this.#closePool();
    const { channel } = subscriber;
    if ([...this.#subscribers].some((other) => other.channel === channel)) return;
    await this.#pool?.use((client) => client.query(`UNLISTEN ${escapeIdentifier(channel)}`));
  }

  #open(): Pool<Client> {
    const { name, options, factory, onOpened } = this.#parts;
    const subscribers = this.#subscribers;
    const forever = { idleTimeoutMs: Infinity, maxLifetimeMs: Infinity, maxUses: Infinity };
    const listening = { max: 1, min: 1, maxLeaseMs: Infinity, detectNestedAcquire: false, ...forever };
    const pool = createPool(new ListenerFactory(factory, subscribers), { ...options, ...listening, name });
    pool.on('connection:closed', () => {
      // P20: whoever waits for it keeps the process alive, until it listens again or the server refuses for good.
      if (subscribers.size > 0) pool.ready({ timeoutMs: Infinity }).catch(() => undefined);
    });
    onOpened(pool);
    return pool;
  }

  #check(channel: string): void {
    const isFine =
      typeof channel === 'string' &&
      channel.length > 0 &&
      Buffer.byteLength(channel) <= MAX_CHANNEL_BYTES &&
      !channel.includes('\0');
    if (isFine) return;
    const expected = `the name of a channel, of at most ${MAX_CHANNEL_BYTES} bytes`;
    throw new OptionError({ pool: this.#parts.name, option: 'channel', expected });
  }
}

/** Opens a connection that listens to all that is subscribed to. It is never cleaned: what it listens to is its purpose. */
class ListenerFactory implements Factory<Client> {
  readonly #inner: PostgresFactory;
  readonly #subscribers: ReadonlySet<Subscriber>;
  #hasListened = false;

  constructor(inner: PostgresFactory, subscribers: ReadonlySet<Subscriber>) {
    this.#inner = inner;
    this.#subscribers = subscribers;
  }

  async create(context: CreateContext): Promise<Client> {
    const client = await this.#inner.create(context);
    client.on('notification', (notification) => this.#tell(notification, context));
    const channels = new Set([...this.#subscribers].map(({ channel }) => escapeIdentifier(channel)));
    try {
      if (channels.size > 0)
        await client.query([...channels].map((channel) => `LISTEN ${channel}`).join('; '));
    } catch (error) {
      await this.#inner.destroy(client, 'invalid');
      throw error;
    }
    sessionOf(client).wake();
    if (this.#hasListened) for (const { onGap } of this.#subscribers) protect(() => onGap?.(), context);
    this.#hasListened = true;
    return client;
  }

  destroy(client: Client, reason: CloseReason): Promise<void> {
    return this.#inner.destroy(client, reason);
  }

  isBroken(client: Client): boolean {
    return this.#inner.isBroken(client);
  }

  async validate(client: Client): Promise<void> {
    await this.#inner.validate(client);
    sessionOf(client).wake();
  }

  classify(error: unknown): ConnectFailureKind {
    return this.#inner.classify(error);
  }

  #tell(notification: Notification, context: CreateContext): void {
    for (const { channel, onNotification } of this.#subscribers) {
      if (channel === notification.channel) protect(() => onNotification(notification), context);
    }
  }
}

/** P21: what a listener throws is reported, and disturbs nobody. */
function protect(call: () => unknown, { report }: CreateContext): void {
  try {
    const returned = call();
    if (returned instanceof Promise) returned.catch(report);
  } catch (error) {
    report(error);
  }
}
