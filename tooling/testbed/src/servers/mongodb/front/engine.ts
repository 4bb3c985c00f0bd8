import { Pool, type PoolClient } from 'pg';

/** A connection to the engine. */
export type EngineClient = PoolClient;

/** One call of the engine's SQL functions; prepared under its name on first use. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * An open transaction keeps one: were they fewer than the transactions that clients have open at a time, all clients could
 * wait for the next one, and none could end its own.
 */
export const MAX_CLIENTS = 600;
/** Cancelling must not wait behind what it cancels. */
const MAX_CANCELLERS = 4;

/** The document engine inside PostgreSQL, over its Unix socket. */
export class Engine {
  readonly #clients: Pool;
  readonly #cancellers: Pool;

  /** @param directory where the engine's socket is */
  constructor(directory: string) {
    const config = { host: directory, user: 'postgres', database: 'postgres' };
    this.#clients = new Pool({ ...config, max: MAX_CLIENTS, idleTimeoutMillis: 60_000 });
    this.#cancellers = new Pool({ ...config, max: MAX_CANCELLERS });
    // An engine that goes away is told by the next query.
    for (const pool of [this.#clients, this.#cancellers]) {
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
    }
  }

  connect(): Promise<EngineClient> {
    return this.#clients.connect();
  }

  /** Does the work; once the signal aborts, the engine is told to stop, and the rejection is the signal's reason. */
  async interruptible<T>(client: EngineClient, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const cancel = (): void => {
      const { processID } = client as unknown as { processID: number };
      this.#cancellers.query('select pg_cancel_backend($1)', [processID]).catch(() => {});
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#clients.end(), this.#cancellers.end()]);
  }
}

/** The one row that each of the engine's functions answers with: BSON documents and short texts. */
export async function call(
  client: EngineClient,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row> {
  const { rows } = await client.query<Record<string, unknown>>({ ...statement, values: [...values] });
  return rows[0] ?? {};
}
