// What the driver's own pools say of themselves (its CMAP events), per server. Not the leases: a lease has no socket, and an
// operation of it may use any.

import type { MongoClient } from 'mongodb';
import { Histogram, type HistogramSnapshot } from '@pool/core';

/** Why the driver closed a socket. */
export type SocketCloseReason = 'idle' | 'stale' | 'poolClosed' | 'error';

/** The sockets to one server, without those that the driver watches it by. */
export interface SocketStats {
  readonly open: number;
  /** In use by an operation. */
  readonly checkedOut: number;
  /** Operations in the driver's own queue, for a socket: those of one lease in parallel, or of work beside the pool. */
  readonly pending: number;
}

export interface SocketMetrics extends SocketStats {
  readonly created: number;
  readonly closed: Readonly<Record<SocketCloseReason, number>>;
  /** How often the driver gave up all sockets to this server at once, after an error of the network. */
  readonly cleared: number;
  readonly checkOutFailed: number;
  /** From an operation's wish for a socket to its socket; includes connecting. */
  readonly checkOutMs: HistogramSnapshot;
}

interface Server {
  /** Sockets by client and number: those that were open before anybody counted are known from their first use on. */
  readonly open: Set<number>;
  checkedOut: number;
  pending: number;
  created: number;
  cleared: number;
  checkOutFailed: number;
  readonly closed: Record<SocketCloseReason, number>;
  readonly checkOutMs: Histogram;
}

interface SocketEvent {
  readonly address: string;
  readonly connectionId: number | '<monitor>';
}

// Each client numbers its sockets from 1.
const MOST_SOCKETS = 2 ** 32;

export class Sockets {
  readonly #servers = new Map<string, Server>();
  #clients = 0;

  /** Counts from now on. @returns stops counting */
  observe(client: MongoClient): () => void {
    const listeners = this.#listeners(this.#clients++ * MOST_SOCKETS);
    const events = Object.entries(listeners) as [keyof typeof listeners, () => void][];
    for (const [event, listener] of events) client.on(event, listener);
    return () => {
      for (const [event, listener] of events) client.off(event, listener);
    };
  }

  #listeners(base: number) {
    const at = ({ address }: { address: string }): Server => this.#at(address);
    const idOf = (event: SocketEvent): number => base + Number(event.connectionId);
    return {
      connectionCreated: (event: SocketEvent) => {
        at(event).open.add(idOf(event));
        at(event).created++;
      },
      connectionClosed: (event: SocketEvent & { reason: string }) => {
        const server = at(event);
        if (server.open.delete(idOf(event))) server.closed[event.reason as SocketCloseReason]++;
      },
      connectionCheckOutStarted: (event: { address: string }) => void at(event).pending++,
      connectionCheckedOut: (event: SocketEvent & { durationMS: number }) => {
        const server = at(event);
        waitsNoLonger(server);
        server.open.add(idOf(event));
        server.checkedOut++;
        server.checkOutMs.record(event.durationMS);
      },
      connectionCheckOutFailed: (event: { address: string }) => {
        waitsNoLonger(at(event));
        at(event).checkOutFailed++;
      },
      connectionCheckedIn: (event: SocketEvent) => {
        const server = at(event);
        if (server.checkedOut > 0) server.checkedOut--;
      },
      connectionPoolCleared: (event: { address: string }) => void at(event).cleared++,
    };
  }

  stats(): Readonly<Record<string, SocketStats>> {
    return this.#each(({ open, checkedOut, pending }) => ({
      open: open.size,
      checkedOut,
      pending,
    }));
  }

  metrics(): Readonly<Record<string, SocketMetrics>> {
    return this.#each((server) => ({
      ...server,
      open: server.open.size,
      closed: { ...server.closed },
      checkOutMs: server.checkOutMs.snapshot(),
    }));
  }

  #each<R>(describe: (server: Server) => R): Record<string, R> {
    return Object.fromEntries([...this.#servers].map(([address, server]) => [address, describe(server)]));
  }

  #at(address: string): Server {
    const known = this.#servers.get(address);
    if (known !== undefined) return known;
    const server: Server = {
      open: new Set(),
      checkedOut: 0,
      pending: 0,
      created: 0,
      cleared: 0,
      checkOutFailed: 0,
      closed: { idle: 0, stale: 0, poolClosed: 0, error: 0 },
      checkOutMs: new Histogram(),
    };
    this.#servers.set(address, server);
    return server;
  }
}

/** It may have begun to wait before anybody counted. */
function waitsNoLonger(server: Server): void {
  if (server.pending > 0) server.pending--;
}

/** The socket figures of a client, as a pool's `metrics()` has them. */
export interface ClientObservation {
  stats(): Readonly<Record<string, SocketStats>>;
  metrics(): Readonly<Record<string, SocketMetrics>>;
  /** Takes the listeners off the client; the figures stay as they are. */
  stop(): void;
}

/**
 * Counts the sockets of a client that no pool of ours has: your own, or Mongoose's.
 *
 * From now on: a socket that is open already is counted from its next use on.
 */
export function observeMongoClient(client: MongoClient): ClientObservation {
  const sockets = new Sockets();
  const stop = sockets.observe(client);
  return { stats: () => sockets.stats(), metrics: () => sockets.metrics(), stop };
}
