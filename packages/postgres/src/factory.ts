import {
  CallDeadline,
  ReadOnlyServerError,
  type CloseReason,
  type ConnectFailureKind,
  type CreateContext,
  type Factory,
} from '@pool/core';
import { Client } from 'pg';
import { configOf, type ResolvedConnection } from './connection-config.ts';
import { isBusy, wireOf, type ClientClass } from './driver.ts';
import { classify, isWrongPassword } from './errors.ts';
import { pooledClass, sessionOf } from './pooled-client.ts';
import type { Pooler } from './pooler.ts';
import { Resetter, type ResetMode } from './reset.ts';
import { PasswordSource } from './rotation.ts';
import type { Session } from './session.ts';

export interface FactoryParts {
  /** The pool's, for messages. */
  readonly name: string;
  readonly connection: ResolvedConnection;
  readonly reset: ResetMode;
  readonly pooler: Pooler;
  readonly destroyTimeoutMs: number;
  /** The server has stopped taking writes: its connections are to be retired. */
  readonly onReadOnly?: () => void;
  /** Whose clients are lent. @defaultValue pg's own */
  readonly driverClass?: ClientClass;
}

const LOOK_AGAIN_MS = 5_000;

// These say that the connection is in a state nobody knows, or that its time is up: no goodbye.
const ABRUPT: ReadonlySet<CloseReason> = new Set(['lost', 'invalid', 'reset', 'overdue']);

/** Opens, checks, cleans and closes connections to one server. */
export class PostgresFactory implements Factory<Client> {
  readonly #parts: FactoryParts;
  readonly #clientClass: ClientClass;
  readonly #passwords: PasswordSource | undefined;
  readonly pooler: Pooler;
  readonly resetter: Resetter;
  /** It was seen to take writes: one that does not any more has been replaced. */
  #hasTakenWrites = false;

  constructor(parts: FactoryParts) {
    this.#parts = parts;
    this.#clientClass = pooledClass(parts.driverClass ?? Client);
    const { passwordProvider } = parts.connection;
    this.#passwords = passwordProvider === undefined ? undefined : new PasswordSource(passwordProvider);
    this.pooler = parts.pooler;
    this.resetter = new Resetter(parts.name, parts.reset, this.pooler);
  }

  async create(context: CreateContext): Promise<Client> {
    const { signal } = context;
    const client = await this.#login(signal);
    try {
      if (this.pooler.isCurious) await this.pooler.probe(client);
    } catch (error) {
      cut(client);
      throw error;
    }
    const session = sessionOf(client);
    const { counts } = this.resetter;
    const refusedWrite = (refusing: Session): void => this.#refusedWrite(refusing);
    session.open({ ...context, pooler: this.pooler, counts, refusedWrite });
    this.#hasTakenWrites ||= !session.isReadOnly;
    return client;
  }

  async destroy(client: Client, reason: CloseReason): Promise<void> {
    const session = sessionOf(client);
    const isDead = session.isLost;
    session.isLost = true;
    this.pooler.forget(client);
    const isRunning = isBusy(client);
    if (!ABRUPT.has(reason) && !isRunning) return client.end();
    // Nobody waits for the answer: the server need not work on it.
    if (isRunning && !isDead && reason !== 'lost') {
      await session.cancel(AbortSignal.timeout(this.#parts.destroyTimeoutMs)).catch(() => undefined);
    }
    cut(client);
  }

  isBroken(client: Client): boolean {
    return sessionOf(client).isLost || !wireOf(client).stream.writable;
  }

  async validate(client: Client): Promise<void> {
    try {
      if (this.pooler.isCurious) await this.pooler.probe(client);
      else await client.query('');
    } finally {
      sessionOf(client).rest();
    }
  }

  reset(client: Client, signal: AbortSignal): void | Promise<void> {
    return this.resetter.reset(client, signal);
  }

  classify(error: unknown): ConnectFailureKind {
    return classify(error);
  }

  /** The next connection asks for the password again. */
  dropPassword(): void {
    this.#passwords?.drop();
  }

  /** F13: a server that took writes has become another's replica, or its name still means the old one. */
  #refusedWrite(session: Session): void {
    if (!this.#hasTakenWrites || !session.isReadOnly) return;
    // A connection to a server that was read-only from the start has just been looked for: not again at once.
    if (session.wasOpenedReadOnly && performance.now() - session.openedAt < LOOK_AGAIN_MS) return;
    session.report(new ReadOnlyServerError(this.#parts.name));
    this.#parts.onReadOnly?.();
  }

  async #login(signal: AbortSignal): Promise<Client> {
    const password = await this.#password(signal);
    try {
      return await this.#connect(password, signal);
    } catch (error) {
      if (password === undefined || !isWrongPassword(error)) throw error;
      // It may have been changed a moment ago: once more, with what holds now.
      this.#passwords?.refused(password);
      return this.#connect(await this.#password(signal), signal);
    }
  }

  async #connect(password: string | undefined, signal: AbortSignal): Promise<Client> {
    signal.throwIfAborted();
    const client = new this.#clientClass(configOf(this.#parts.connection, password));
    // F5 F34: whatever the handshake is doing, and later whatever the connection is doing.
    signal.addEventListener('abort', () => cut(client), { once: true });
    try {
      await client.connect();
    } catch (error) {
      cut(client);
      throw error;
    }
    return client;
  }

  async #password(signal: AbortSignal): Promise<string | undefined> {
    if (this.#passwords === undefined) return undefined;
    const asked = Promise.resolve(this.#passwords.current());
    // A provider that hangs holds up nobody for longer than a connect may take.
    return new CallDeadline(this.#parts.name, { signal }).bound(asked, () => undefined);
  }
}

function cut(client: Client): void {
  wireOf(client).stream.destroy();
}
