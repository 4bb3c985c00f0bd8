import type { MongoClient, TopologyDescription } from 'mongodb';
import type { Outage } from '@pool/core';

/** What the driver knows of the servers behind one client. */
export interface TopologyStats {
  /** As the driver names it: 'ReplicaSetWithPrimary', 'ReplicaSetNoPrimary', 'Sharded', 'Single', 'LoadBalanced'; 'Unknown' until it says. */
  readonly type: string;
  /** Where writes go; undefined while nobody takes them. */
  readonly primary: string | undefined;
  /** For how long nobody has taken writes, 0 while somebody does. */
  readonly withoutPrimaryMs: number;
}

/** Servers that take writes. */
const WRITABLE: ReadonlySet<string> = new Set(['RSPrimary', 'Standalone', 'Mongos', 'LoadBalancer']);

/** Listens to what the driver finds out about its servers, and remembers since when there is none that takes writes. */
export class Topology {
  #type = 'Unknown';
  #primary: string | undefined = undefined;
  #lostAt: number | undefined = undefined;
  #error: Error | undefined = undefined;
  #lost = new AbortController();
  #hadPrimary = false;
  readonly #stop: () => void;

  constructor(client: MongoClient) {
    const changed = ({ newDescription }: { newDescription: TopologyDescription }): void =>
      this.#changed(newDescription);
    client.on('topologyDescriptionChanged', changed);
    this.#stop = () => void client.off('topologyDescriptionChanged', changed);
  }

  /** Aborts when no server takes writes any more, or none can be reached; another one when there is one again. */
  get lostSignal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Listens no longer. */
  stop(): void {
    this.#stop();
  }

  get outage(): Outage | undefined {
    if (this.#lostAt === undefined) return undefined;
    const forMs = performance.now() - this.#lostAt;
    const what = this.#type.startsWith('ReplicaSet') ? 'no primary' : 'no server';
    return this.#error === undefined ? { what, forMs } : { what, forMs, error: this.#error };
  }

  stats(): TopologyStats {
    return {
      type: this.#type,
      primary: this.#primary,
      withoutPrimaryMs: this.outage?.forMs ?? 0,
    };
  }

  #changed({ type, servers }: TopologyDescription): void {
    this.#type = type;
    const all = [...servers.values()];
    this.#primary = all.find((server) => WRITABLE.has(server.type))?.address;
    this.#error = all.find(({ error }) => error !== null)?.error ?? this.#error;
    if (this.#primary !== undefined) this.#found();
    else this.#lostAt ??= performance.now();
    // While it connects for the first time, nothing is lost yet.
    const isLost = this.#lostAt !== undefined && (this.#hadPrimary || this.#error !== undefined);
    if (isLost && !this.#lost.signal.aborted) this.#lost.abort();
  }

  #found(): void {
    this.#hadPrimary = true;
    this.#lostAt = undefined;
    this.#error = undefined;
    if (this.#lost.signal.aborted) this.#lost = new AbortController();
  }
}
