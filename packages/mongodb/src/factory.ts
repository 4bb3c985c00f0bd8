import type { MongoClient } from 'mongodb';
import { orInterrupted, type CreateContext, type Factory, type Outage } from '@pool/core';
import { Abandoned } from './abandoned.ts';
import type { Clients } from './clients.ts';
import { classifyConnect } from './driver-errors.ts';
import { MongoPermit } from './permit.ts';

/** Makes permits on the shared client: the first of them connects it, the others are there at once. */
export class MongoFactory implements Factory<MongoPermit> {
  readonly #clients: Clients;
  /** What its leases left behind. */
  readonly abandoned: Abandoned;

  constructor(clients: Clients, pool: string) {
    this.#clients = clients;
    this.abandoned = new Abandoned(pool);
  }

  /** The client that new permits are for. */
  get client(): MongoClient {
    return this.#clients.current.client;
  }

  async create(context: CreateContext): Promise<MongoPermit> {
    const shared = this.#clients.lend();
    if (!shared.isConnected) await untilAborted(shared.connect(), context.signal);
    return new MongoPermit(shared, context, this.abandoned);
  }

  destroy(permit: MongoPermit): void | Promise<void> {
    return permit.close();
  }

  reset(permit: MongoPermit): void | Promise<void> {
    return permit.endSession();
  }

  /** A connect that is given up knows nothing, but the driver may know why it took so long. */
  classify(error: unknown): 'transient' | 'fatal' {
    const kind = classifyConnect(error);
    return kind === 'fatal' || classifyConnect(this.outage()?.error) === 'fatal' ? 'fatal' : 'transient';
  }

  outage(): Outage | undefined {
    return this.#clients.current.topology.outage;
  }

  close(): Promise<void> {
    return this.#clients.close();
  }
}

/** The connect goes on for the next who asks: the driver has no way to stop it. */
function untilAborted(connect: Promise<void>, signal: AbortSignal): Promise<void> {
  return orInterrupted(connect, () => undefined, { signal, onTimeout: unreachable });
}

/** There is no timeout but the signal's. */
function unreachable(): Error {
  return new Error('unreachable');
}
