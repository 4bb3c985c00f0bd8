import type { Db, MongoClient } from 'mongodb';
import { Topology } from './topology.ts';

const MOST_DATABASES = 100;

/** One MongoClient and how many permits are out on it. The last one given back closes a client that has been replaced. */
export class SharedClient {
  readonly client: MongoClient;
  readonly isOwned: boolean;
  readonly topology: Topology;
  readonly #onClosed: () => void;
  readonly #madeAt = performance.now();
  #permits = 0;
  #isConnected = false;
  #isRetired = false;
  #closed: Promise<void> | undefined = undefined;
  readonly #dbs = new Map<string | undefined, Db>();

  constructor(client: MongoClient, isOwned: boolean, onClosed: () => void) {
    this.client = client;
    this.isOwned = isOwned;
    this.topology = new Topology(client);
    this.#onClosed = onClosed;
  }

  get ageMs(): number {
    return performance.now() - this.#madeAt;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** A database, by default that of the connection string. Kept: the driver copies all its options for each, which takes its time. */
  db(name?: string): Db {
    const known = this.#dbs.get(name);
    if (known !== undefined) return known;
    const db = this.client.db(name);
    // A database for each tenant is not to fill the memory.
    if (this.#dbs.size < MOST_DATABASES) this.#dbs.set(name, db);
    return db;
  }

  /** Once connected, the driver finds its servers again by itself. Several callers wait for one connect. */
  async connect(): Promise<void> {
    await this.client.connect();
    this.#isConnected = true;
    // Closed meanwhile, and perhaps before the driver had anything to close: it looks names up first.
    if (this.#closed !== undefined && this.isOwned) await this.client.close();
  }

  take(): void {
    this.#permits++;
  }

  giveBack(): void | Promise<void> {
    this.#permits--;
    return this.#isRetired && this.#permits === 0 ? this.close() : undefined;
  }

  /** Another client has taken its place: closed with its last permit. */
  retire(): void | Promise<void> {
    this.#isRetired = true;
    return this.#permits === 0 ? this.close() : undefined;
  }

  /** An adopted client is its owner's to close. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.isOwned) await this.client.close();
    this.topology.stop();
    this.#onClosed();
  }
}
