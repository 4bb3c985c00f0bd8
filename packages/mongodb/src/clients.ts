import type { MongoClient } from 'mongodb';
import { SharedClient } from './shared-client.ts';

export interface ClientsParts {
  readonly makeClient: () => MongoClient;
  /** A client that its owner keeps open. */
  readonly adopted: MongoClient | undefined;
  /** A client this old is replaced when the next permit is made. */
  readonly rotateAfterMs: number;
  /** @returns what to do when it is closed */
  readonly onMade: (client: MongoClient) => () => void;
  /** Its permits are to come back. */
  readonly onReplaced: (old: SharedClient) => void;
}

/** Owns the shared client, and those that it replaced until their last lease ends. */
export class Clients {
  readonly #parts: ClientsParts;
  readonly #open = new Set<SharedClient>();
  #current: SharedClient;
  #replacing: Promise<void> | undefined = undefined;
  #isClosed = false;
  rotations = 0;
  failedRotations = 0;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
    this.#current = this.#make();
  }

  get current(): SharedClient {
    return this.#current;
  }

  /** Clients that have sockets. */
  get open(): number {
    return this.#open.size;
  }

  /** The client for a new permit. A new client is connected before anybody gets it: until then the old one serves. */
  lend(): SharedClient {
    const current = this.#current;
    const isDue = current.isConnected && current.ageMs >= this.#parts.rotateAfterMs;
    // Counted if it fails; the old client goes on, and the next permit tries again.
    if (isDue && this.#replacing === undefined && !this.#isClosed) this.replace().catch(() => undefined);
    return current;
  }

  /** Connects another client, and lends that from then on. Rejects when it cannot connect: then nothing has changed. */
  replace(): Promise<void> {
    this.#replacing ??= this.#replace(this.#current).finally(() => {
      this.#replacing = undefined;
    });
    return this.#replacing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((shared) => shared.close()));
  }

  #make(): SharedClient {
    const { adopted, makeClient, onMade } = this.#parts;
    const client = adopted ?? makeClient();
    const forget = onMade(client);
    const shared = new SharedClient(client, adopted === undefined, () => {
      forget();
      this.#open.delete(shared);
    });
    this.#open.add(shared);
    return shared;
  }

  async #replace(old: SharedClient): Promise<void> {
    const next = this.#make();
    try {
      await next.connect();
    } catch (error) {
      this.failedRotations++;
      await next.close();
      throw error;
    }
    if (this.#isClosed) return;
    this.#current = next;
    this.rotations++;
    this.#parts.onReplaced(old);
    await old.retire();
  }
}
