import type { CloseReason, ConnectFailureKind, CreateContext, Factory } from '@pool/core';
import { Client, type ClientOptions } from './client.ts';

const ABRUPT: ReadonlySet<CloseReason> = new Set(['lost', 'invalid', 'reset', 'overdue']);

/** Everything that the contract asks of an adapter's factory. */
export class ReferenceFactory implements Factory<Client> {
  readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  async create({ signal, lost }: CreateContext): Promise<Client> {
    const client = await Client.connect(this.options, signal);
    client.onLost = lost;
    return client;
  }

  destroy(client: Client, reason: CloseReason): Promise<void> {
    client.onLost = undefined;
    if (ABRUPT.has(reason)) client.socket.destroy();
    else client.socket.end();
    return client.closed;
  }

  isBroken(client: Client): boolean {
    return client.isBroken;
  }

  async validate(client: Client): Promise<void> {
    await client.ask('echo');
  }

  reset(client: Client): void | Promise<void> {
    // What was not awaited is answered before the reset is.
    if (!client.isDirty && !client.isInTransaction && client.pending.size === 0) return undefined;
    client.isDirty = false;
    return client.ask('reset').then(() => undefined);
  }

  classify(error: unknown): ConnectFailureKind {
    return String((error as { code?: unknown }).code).startsWith('AUTH') ? 'fatal' : 'transient';
  }
}
