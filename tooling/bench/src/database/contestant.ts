/** A connection that is borrowed. */
export interface Borrowed {
  /** One round trip. */
  query(): Promise<unknown>;
  release(): void;
  /** Closes it, as a borrower does who has met an error that the connection will not get over. */
  destroy(): void;
}

/** What every pool of connections to a server is reduced to. */
export interface Client {
  /** Each borrows, runs one statement and gives back, in one call of the pool. */
  readonly statements: Readonly<Record<string, () => Promise<unknown>>>;
  close(): Promise<unknown>;
}

/** One that lends its connections. */
export interface LendingClient extends Client {
  acquire(): Promise<Borrowed>;
}

/** Opens a pool of `connections` to the server at the URL. */
export type Contestant<C extends Client = LendingClient> = (
  url: string,
  connections: number,
) => C | Promise<C>;

/** As many as most services have. */
export const CONNECTIONS = 10;
