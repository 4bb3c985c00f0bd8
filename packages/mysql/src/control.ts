// Stops statements of other connections. MySQL takes that order only from a second connection: here one, beside the pool's `max`,
// opened when first needed and closed soon after.
import { createPool, type CreateContext, type Factory, type Pool, type ResolvedOptions } from '@pool/core';
import { createConnection } from 'mysql2';
import type { ConnectionSource } from './connection-source.ts';
import type { MysqlConnection } from './connection.ts';
import { connect, disconnect, isBroken } from './connector.ts';
import { classifyConnectError, ER_NO_SUCH_THREAD, errorNumberOf } from './server-errors.ts';

/** Cancellations come in bursts; between them no connection is held. */
const IDLE_MS = 2_000;

export class Control {
  readonly #pool: Pool<MysqlConnection>;

  constructor(source: ConnectionSource, { name, createTimeoutMs, resetTimeoutMs }: ResolvedOptions) {
    const factory: Factory<MysqlConnection> = {
      create: (context: CreateContext) => connect(source, context, createConnection),
      destroy: disconnect,
      isBroken,
      classify: classifyConnectError,
    };
    this.#pool = createPool(factory, {
      name: `${name}:control`,
      max: 1,
      idleTimeoutMs: IDLE_MS,
      createTimeoutMs,
      acquireTimeoutMs: resetTimeoutMs,
      maxWaiting: Infinity,
    });
    // Whoever needed it is told; there is no one else to tell.
    this.#pool.on('error', () => {});
  }

  /** Resolves when the server has taken the order: the statement ends soon, or has ended; with its connection, or without. */
  async kill(what: 'QUERY' | 'CONNECTION', threadId: number): Promise<void> {
    await this.#pool.use(async (connection) => {
      await connection.query(`KILL ${what} ${threadId}`).catch((error: unknown) => {
        // The session is gone, and its statement with it.
        if (errorNumberOf(error) !== ER_NO_SUCH_THREAD) throw error;
      });
    });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
