// The driver of the reference server.
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Address } from '../../src/index.ts';
import type { Reply } from './server.ts';

export interface ClientOptions {
  readonly at: Address;
  readonly password: string;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Client {
  readonly socket: Socket;
  readonly pending = new Map<number, Pending>();
  readonly closed: Promise<void>;
  readonly #options: ClientOptions;
  session = 0;
  isBroken = false;
  isDirty = false;
  isInTransaction = false;
  onLost: ((cause: unknown) => void) | undefined = undefined;
  #lastId = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.socket = connect({ ...options.at, noDelay: true });
    createInterface(this.socket)
      .on('error', () => undefined)
      .on('line', (line) => this.hear(JSON.parse(line) as Reply));
    this.closed = new Promise((resolve) => void this.socket.once('close', resolve));
    this.socket.on('error', (error) => this.#ended(error));
    this.socket.on('end', () => this.#ended(new Error('the server has ended the connection')));
    this.socket.on('close', () => this.#ended(new Error('the connection is closed')));
  }

  static async connect(options: ClientOptions, signal?: AbortSignal): Promise<Client> {
    const client = new Client(options);
    const giveUp = (): void => void client.socket.destroy();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      client.session = (await client.ask('login', options.password)) as number;
      return client;
    } catch (error) {
      client.socket.destroy();
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  ask(verb: string, argument?: unknown): Promise<unknown> {
    if (this.isBroken) return Promise.reject(new Error('the connection is closed'));
    if (verb === 'set') this.isDirty = true;
    const id = ++this.#lastId;
    this.socket.write(`${JSON.stringify({ id, verb, argument })}\n`);
    return new Promise((resolve, reject) => void this.pending.set(id, { resolve, reject }));
  }

  /** Asks the server, over another connection, to stop what this one is doing; resolves when the server has done so. */
  async cancel(): Promise<void> {
    const messenger = new Client(this.#options);
    await messenger.ask('cancel', this.session);
    messenger.socket.destroy();
    await messenger.closed;
  }

  hear({ id, value, code, isInTransaction }: Reply): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    this.isInTransaction = isInTransaction;
    if (code === undefined) pending?.resolve(value);
    else pending?.reject(Object.assign(new Error(`the server says ${code}`), { code }));
  }

  #ended(error: Error): void {
    const wasBroken = this.isBroken;
    this.isBroken = true;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    this.socket.destroy();
    if (!wasBroken) this.onLost?.(error);
  }
}
