// What we read of pg beyond its documented surface, in one place: to be looked at when the driver moves.
import type { Socket } from 'node:net';
import type { Client, ClientConfig, Connection } from 'pg';

/** pg's option `stream`: another way to the server than a socket of Node's own. */
export type StreamMaker = NonNullable<ClientConfig['stream']>;

/** A constructor of pg's clients: its own, or somebody's subclass. */
export type ClientClass = new (config?: ClientConfig) => Client;

/** The half of a client that speaks the protocol. */
export interface Wire extends Connection {
  readonly stream: Socket & Connection['stream'];
  /** Names of the statements that the driver has prepared, and their texts. */
  parsedStatements: Record<string, string>;
  submittedNamedStatements: Record<string, string>;
}

interface Internals {
  readonly connection: Wire;
  /** The server has answered everything, as far as it was sent. */
  readonly readyForQuery: boolean;
  readonly _queryQueue: readonly unknown[];
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly _activeQuery: unknown;
}

const inside = (client: Client): Internals => client as unknown as Internals;

export function wireOf(client: Client): Wire {
  return inside(client).connection;
}

/** Nothing is under way, and nothing waits to be sent. */
export function isReady(client: Client): boolean {
  const { readyForQuery, _queryQueue: queue } = inside(client);
  return readyForQuery && queue.length === 0;
}

/** A query is under way or waits; after an error only the server's "ready" is waited for, and that is not busy. */
export function isBusy(client: Client): boolean {
  const { readyForQuery, _activeQuery: active, _queryQueue: queue } = inside(client);
  return queue.length > 0 || (!readyForQuery && Boolean(active));
}

/** What a CancelRequest needs; undefined before the server has told. */
export function backendKeyOf(client: Client): { pid: number; secret: number } | undefined {
  const { processID, secretKey } = inside(client);
  return processID === null || secretKey === null ? undefined : { pid: processID, secret: secretKey };
}

/** The server has dropped its prepared statements: the driver must not count on them any more. */
export function forgetStatements(client: Client): void {
  const wire = wireOf(client);
  wire.parsedStatements = {};
  wire.submittedNamedStatements = {};
}

/** Resolves at the server's next "ready for query"; rejects when the connection ends or is given up. */
export async function untilReady(client: Client, signal: AbortSignal): Promise<void> {
  const wire = wireOf(client);
  while (!isReady(client)) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = (): void => reject(new Error('the connection ended'));
    wire.once('readyForQuery', resolve);
    wire.once('end', end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      await promise;
    } finally {
      wire.off('readyForQuery', resolve);
      wire.off('end', end);
      signal.removeEventListener('abort', end);
    }
  }
}
